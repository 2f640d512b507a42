/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: opening, transactions and writes. One SQLite file in WAL mode, so
 * that the console and reports read while the recorder writes.
 */
#include "reports/store_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"

void
store_complain(struct store *store, const char *doing)
{
	int code = sqlite3_errcode(store->db);

	if (code == SQLITE_FULL)
		log_error("store", "%s: %s: the disk is full; nothing of this "
		    "transaction is kept", store->path, doing);
	else if (code == SQLITE_BUSY)
		log_error("store", "%s: %s: another program is writing to it",
		    store->path, doing);
	else
		log_error("store", "%s: %s: %s", store->path, doing,
		    sqlite3_errmsg(store->db));
}

sqlite3_stmt *
store_statement(struct store *store, enum store_statement which)
{
	sqlite3_stmt **stmt = &store->statements[which];

	if (*stmt == NULL && sqlite3_prepare_v3(store->db, store_sql[which], -1,
	    SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK) {
		store_complain(store, "cannot prepare a statement");
		return NULL;
	}
	sqlite3_reset(*stmt);
	sqlite3_clear_bindings(*stmt);
	return *stmt;
}

bool
store_step(struct store *store, sqlite3_stmt *stmt, const char *doing)
{
	bool done = sqlite3_step(stmt) == SQLITE_DONE;

	if (!done)
		store_complain(store, doing);
	sqlite3_reset(stmt);
	return done;
}

static bool
store_run(struct store *store, enum store_statement which, const char *doing)
{
	sqlite3_stmt *stmt = store_statement(store, which);

	return stmt != NULL && store_step(store, stmt, doing);
}

/* ---- opening ------------------------------------------------------------ */

static bool
pragma_get(struct store *store, const char *sql, int64_t *value)
{
	sqlite3_stmt *stmt = NULL;
	bool ok;

	ok = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW;
	if (ok)
		*value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return ok;
}

/* errno for what opening met: only "this is no store" is the input's fault. */
static int
open_errno(struct store *store)
{
	int code = sqlite3_errcode(store->db);

	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return EBADMSG;
	return code == SQLITE_FULL ? ENOSPC : EIO;
}

/* Logs why the file cannot be opened and sets errno; always false. */
static bool
store_refuse(struct store *store, const char *doing)
{
	int why = open_errno(store);

	if (sqlite3_errcode(store->db) == SQLITE_NOTADB)
		log_error("store", "%s: this is no store of bookgate", store->path);
	else
		store_complain(store, doing);
	errno = why;
	return false;
}

static bool
store_exec(struct store *store, const char *sql, const char *doing)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	return store_refuse(store, doing);
}

static bool
schema_create(struct store *store)
{
	char *sql = sqlite3_mprintf("PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d;%s",
	    STORE_APPLICATION_ID, STORE_SCHEMA_VERSION, store_schema);
	bool ok;

	ok = store_exec(store, sql, "cannot make its tables");
	sqlite3_free(sql);
	return ok;
}

/* Looks whose file it is; *empty tells of one without any table. */
static bool
schema_check(struct store *store, bool *empty)
{
	int64_t application = 0, version = 0, tables = 0;

	if (!pragma_get(store, "PRAGMA application_id", &application) ||
	    !pragma_get(store, "PRAGMA user_version", &version) ||
	    !pragma_get(store, "SELECT count(*) FROM sqlite_schema", &tables))
		return store_refuse(store, "cannot read it");
	*empty = application == 0 && version == 0 && tables == 0;
	if (*empty)
		return true;
	errno = EBADMSG;
	if (application != STORE_APPLICATION_ID) {
		log_error("store", "%s: this is no store of bookgate", store->path);
		return false;
	}
	if (version != STORE_SCHEMA_VERSION) {
		log_error("store", "%s: its schema is version %lld, this program "
		    "knows version %d", store->path, (long long)version,
		    STORE_SCHEMA_VERSION);
		return false;
	}
	return true;
}

/* Makes the tables unless another program was quicker. */
static bool
schema_ensure(struct store *store)
{
	bool empty = false, ok;
	int saved;

	if (!store_exec(store, "BEGIN IMMEDIATE", "cannot write to it"))
		return false;
	ok = schema_check(store, &empty) && (!empty || schema_create(store)) &&
	    store_exec(store, "COMMIT", "cannot make its tables");
	if (ok)
		return true;
	saved = errno;
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	errno = saved;
	return false;
}

/*
 * SQLite would make the file readable by all: it is made here first. The
 * journal files take their mode from it.
 */
static bool
store_touch(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Nobody is writing, and nothing waits in the journal: no locks are needed. */
static bool
journal_is_empty(const char *path)
{
	char *wal = sqlite3_mprintf("%s-wal", path);
	struct stat st;
	bool empty;

	empty = stat(wal, &st) != 0 || st.st_size == 0;
	sqlite3_free(wal);
	return empty;
}

/* path as a file: URI (RFC 3986 section 2.1), with options behind it. */
static char *
store_uri(const char *path, const char *options)
{
	static const char hex[] = "0123456789ABCDEF";
	char *uri = xcalloc(strlen(path) * 3 + strlen(options) + 6, 1);
	char *p = stpcpy(uri, "file:");

	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;

		if (strchr("%?#", c) == NULL) {
			*p++ = (char)c;
		} else {
			*p++ = '%';
			*p++ = hex[c >> 4];
			*p++ = hex[c & 15];
		}
	}
	strcpy(p, options);
	return uri;
}

static bool
store_connect(struct store *store, const char *options, int flags)
{
	char *uri = store_uri(store->path, options);
	int code;

	sqlite3_close(store->db);
	store->db = NULL;
	code = sqlite3_open_v2(uri, &store->db, flags | SQLITE_OPEN_URI, NULL);
	free(uri);
	if (store->db != NULL)
		sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	return code == SQLITE_OK;
}

/* An empty file is no store yet, so there is nothing to read. */
static bool
store_read_check(struct store *store)
{
	bool empty = false;

	if (!schema_check(store, &empty))
		return false;
	if (empty)
		log_error("store", "%s: an empty file, no store", store->path);
	errno = EBADMSG;
	return !empty;
}

/*
 * A store in a folder that may only be read (an archive, a medium) has no
 * place for the journal's index: it is read as a file that does not change.
 */
static bool
store_open_read(struct store *store)
{
	int64_t version;

	if (store_connect(store, "", SQLITE_OPEN_READONLY) &&
	    pragma_get(store, "PRAGMA schema_version", &version))
		return store_read_check(store);
	if (sqlite3_errcode(store->db) == SQLITE_CANTOPEN &&
	    journal_is_empty(store->path) &&
	    store_connect(store, "?immutable=1", SQLITE_OPEN_READONLY))
		return store_read_check(store);
	return store_refuse(store, "cannot open it");
}

static bool
store_open_write(struct store *store)
{
	bool empty;

	if (!store_connect(store, "", SQLITE_OPEN_READWRITE))
		return store_refuse(store, "cannot open it");
	/* Looked at before anything is changed: it may be another program's. */
	return schema_check(store, &empty) &&
	    store_exec(store, "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
	    "PRAGMA temp_store = MEMORY",
	    "cannot write to it") &&
	    schema_ensure(store);
}

struct store *
store_open(const char *path, enum store_mode mode)
{
	struct store *store;
	bool ok;

	if (mode == STORE_WRITE ? !store_touch(path) : access(path, R_OK) != 0) {
		int saved = errno;

		log_error("store", "%s: %s", path, strerror(saved));
		errno = saved;
		return NULL;
	}
	store = xcalloc(1, sizeof(*store));
	store->path = xstrdup(path);
	ok = mode == STORE_READ ? store_open_read(store) : store_open_write(store);
	if (!ok) {
		int saved = errno;

		store_close(store);
		errno = saved;
		return NULL;
	}
	return store;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	for (int i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}

const char *
store_version(void)
{
	return sqlite3_libversion();
}

/* ---- transactions --------------------------------------------------------- */

bool
store_begin(struct store *store)
{
	return store_run(store, STORE_BEGIN, "cannot begin a transaction");
}

void
store_rollback(struct store *store)
{
	/* After a full disk SQLite may have rolled back by itself. */
	if (!sqlite3_get_autocommit(store->db))
		store_run(store, STORE_ROLLBACK, "cannot undo the transaction");
}

bool
store_commit(struct store *store)
{
	if (store_run(store, STORE_COMMIT, "cannot commit"))
		return true;
	store_rollback(store);
	return false;
}

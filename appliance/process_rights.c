/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving up root. The monitor stays user 0, because the store and the
 * authority's key are root's, and a process that replaces a dead one has to
 * read them again; but user 0 without capabilities is just the owner of
 * root's files. Its group is that of the others from the start, so that it
 * needs no right to change it, and so that the group may ask for the status.
 */
#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "appliance/process.h"
#include "core/log.h"

static const char *const users[] = { "bookgate", "nobody" };

static const int kept[] = { CAP_NET_ADMIN, CAP_SETUID, CAP_KILL };

static const struct passwd *
rights_user(void)
{
	const struct passwd *user = NULL;

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]) && user == NULL; i++)
		user = getpwnam(users[i]);
	return user;
}

static bool
rights_refuse(const char *who, const char *doing)
{
	log_error(who, "cannot %s: %s", doing, strerror(errno));
	return false;
}

static uint64_t
rights_mask(bool bind)
{
	uint64_t mask = bind ? UINT64_C(1) << CAP_NET_BIND_SERVICE : 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		mask |= UINT64_C(1) << kept[i];
	return mask;
}

/*
 * The bounding set is for what is started later. Without the right to lower it
 * nothing is lost: the sandbox lets nobody gain rights by starting a program.
 */
static bool
bounding_drop(uint64_t mask)
{
	/* Asking past the last capability fails. */
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if ((mask >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return errno == EPERM;
	return true;
}

/* In no namespace are there more than there were: what is missing stays so. */
static bool
capabilities_keep(uint64_t mask)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(mask >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) == 0;
}

bool
rights_keep(bool bind)
{
	const struct passwd *user;
	uint64_t mask = rights_mask(bind);

	if (geteuid() != 0)
		return true;
	if (getegid() == 0) {
		user = rights_user();
		if (user == NULL)
			return rights_refuse("monitor", "find the user bookgate or nobody");
		if (syscall(SYS_setgroups, 0, NULL) != 0 ||
		    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0)
			return rights_refuse("monitor", "leave root's groups");
	}
	/* Later calls have less to drop, and no right to. */
	if (bind && !bounding_drop(mask))
		return rights_refuse("monitor", "bound its capabilities");
	if (!capabilities_keep(mask))
		return rights_refuse("monitor", "give up capabilities");
	return true;
}

bool
rights_drop(const char *name)
{
	const struct passwd *user;

	if (geteuid() != 0)
		return true;
	user = rights_user();
	if (user == NULL)
		return rights_refuse(name, "find the user bookgate or nobody");
	/* Leaving user 0 clears every capability (capabilities(7)). */
	if (setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
		return rights_refuse(name, "become another user");
	if (setuid(0) == 0) {
		log_error(name, "could become root again");
		return false;
	}
	return true;
}

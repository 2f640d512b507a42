/* SPDX-License-Identifier: Apache-2.0 */
#include "appliance/status.h"

#include "core/event_json.h"

/* The counts as they are called outside, in order of telling. */
static const struct {
	const char *name;
	size_t offset;
} counts[] = {
#define COUNT_ROW(field) { #field, offsetof(struct proxy_counts, field) }
	COUNT_ROW(accepted), COUNT_ROW(open), COUNT_ROW(tunnelled), COUNT_ROW(opened),
	COUNT_ROW(stopped), COUNT_ROW(refused), COUNT_ROW(failed), COUNT_ROW(bypassed),
	COUNT_ROW(requests), COUNT_ROW(blocked), COUNT_ROW(faults), COUNT_ROW(held),
	COUNT_ROW(spilled), COUNT_ROW(uploads), COUNT_ROW(below_threshold),
};

#define COUNTS (sizeof(counts) / sizeof(counts[0]))

static uint64_t
count_at(const struct proxy_counts *from, size_t offset)
{
	return __atomic_load_n((const uint64_t *)((const char *)from + offset),
	    __ATOMIC_RELAXED);
}

void
status_add_counts(struct proxy_counts *sum, const struct proxy_counts *part)
{
	for (size_t i = 0; i < COUNTS; i++)
		*(uint64_t *)((char *)sum + counts[i].offset) +=
		    count_at(part, counts[i].offset);
	for (int i = 0; i < UNSCANNED_KINDS; i++)
		sum->unscanned[i] += __atomic_load_n(&part->unscanned[i], __ATOMIC_RELAXED);
}

/* ---- making ------------------------------------------------------------------------ */

static json_t *
json_counts(const struct proxy_counts *from)
{
	json_t *object = json_object(), *unscanned = json_object();

	for (size_t i = 0; i < COUNTS; i++)
		json_object_set_new(object, counts[i].name,
		    json_integer((json_int_t)count_at(from, counts[i].offset)));
	for (int i = 0; i < UNSCANNED_KINDS; i++)
		json_object_set_new(unscanned, unscanned_name((enum unscanned)i),
		    json_integer((json_int_t)from->unscanned[i]));
	json_object_set_new(object, "unscanned", unscanned);
	return object;
}

static json_t *
json_process(const struct status_process *process)
{
	json_t *object = json_pack("{s:s, s:s, s:o, s:i}", "role", process->role,
	    "state", process->state,
	    "pid", process->pid != 0 ? json_integer(process->pid) : json_null(),
	    "restarts", (int)process->restarts);

	if (object != NULL && process->worker >= 0)
		json_object_set_new(object, "worker", json_integer(process->worker));
	if (object != NULL && process->generation > 0)
		json_object_set_new(object, "generation",
		    json_integer((json_int_t)process->generation));
	return object;
}

static json_t *
json_processes(const struct status *status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < status->process_count; i++)
		json_array_append_new(list, json_process(&status->processes[i]));
	return list;
}

char *
status_json(const struct status *status)
{
	char since[MOMENT_TEXT_MAX];
	uint64_t up = status->now_us > status->since_us ? status->now_us - status->since_us : 0;

	return json_line(json_pack("{s:b, s:b, s:s, s:s, s:I, s:i, s:{s:s, s:o},"
	    " s:{s:s, s:s}, s:I, s:{s:I, s:I}, s:o, s:o}",
	    "running", 1, "stopping", status->stopping, "version", VERSION,
	    "since", moment_text(status->since_us, since),
	    "seconds", (json_int_t)(up / USEC_PER_SEC),
	    "generation", (int)status->generation,
	    "rules", "digest", status->rules_digest, "date", json_day(status->rules_date),
	    "diversion", "state", status->diversion, "engine", status->engine,
	    "bypasses", (json_int_t)status->bypasses,
	    "events", "waiting", (json_int_t)status->events_waiting,
	    "lost", (json_int_t)status->events_lost,
	    "counts", json_counts(&status->counts), "processes", json_processes(status)));
}

/* ---- telling ------------------------------------------------------------------------- */

static void
process_print(const json_t *process, FILE *out)
{
	const char *role = "", *state = "";
	int pid = 0, worker = -1, generation = 0, restarts = 0;

	json_unpack((json_t *)process, "{s?s, s?s, s?i, s?i, s?i, s?i}", "role", &role,
	    "state", &state, "worker", &worker, "generation", &generation,
	    "restarts", &restarts, "pid", &pid);
	fprintf(out, "  %-9s", role);
	if (worker >= 0)
		fprintf(out, " %-2d", worker);
	else
		fputs("   ", out);
	if (pid > 0)
		fprintf(out, " pid %-8d", pid);
	else
		fprintf(out, " %-12s", "-");
	fprintf(out, " %s", state);
	if (generation > 0)
		fprintf(out, ", generation %d", generation);
	if (restarts > 0)
		fprintf(out, ", replaced %d times", restarts);
	fputc('\n', out);
}

static void
counts_print(const json_t *from, FILE *out)
{
	for (size_t i = 0; i < COUNTS; i++)
		fprintf(out, "  %-16s %" JSON_INTEGER_FORMAT "\n", counts[i].name,
		    json_integer_value(json_object_get(from, counts[i].name)));
}

static bool
object_print(const json_t *object, FILE *out)
{
	const char *since, *version, *digest, *date = NULL, *state, *engine;
	json_int_t seconds, bypasses, waiting, lost;
	int generation, stopping;
	const json_t *processes = json_object_get(object, "processes");

	if (json_unpack((json_t *)object, "{s:s, s:s, s:I, s:i, s:b, s:{s:s, s?s}, s:{s:s, s:s},"
	    " s:I, s:{s:I, s:I}}", "since", &since, "version", &version, "seconds", &seconds,
	    "generation", &generation, "stopping", &stopping, "rules", "digest", &digest,
	    "date", &date, "diversion", "state", &state, "engine", &engine,
	    "bypasses", &bypasses, "events", "waiting", &waiting, "lost", &lost) != 0)
		return false;
	fprintf(out, "bookgate %s is %s since %s (%" JSON_INTEGER_FORMAT " s)\n", version,
	    stopping ? "stopping; it runs" : "running", since, seconds);
	fprintf(out, "rules      %.12s of %s, generation %d\n", digest, date ? date : "-",
	    generation);
	fprintf(out, "diversion  %s (%s)\n", state, engine);
	fprintf(out, "bypasses   %" JSON_INTEGER_FORMAT "\n", bypasses);
	fprintf(out, "events     %" JSON_INTEGER_FORMAT " waiting, %" JSON_INTEGER_FORMAT " lost\n",
	    waiting, lost);
	fputs("processes\n", out);
	for (size_t i = 0; i < json_array_size(processes); i++)
		process_print(json_array_get(processes, i), out);
	fputs("counts\n", out);
	counts_print(json_object_get(object, "counts"), out);
	return true;
}

bool
status_print(const char *json, FILE *out)
{
	json_t *object = json_loads(json, 0, NULL);
	bool ok = json_is_object(object) && object_print(object, out);

	json_decref(object);
	return ok;
}

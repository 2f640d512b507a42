/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eea.csv and adequacy.csv into the legal tables.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "rules/law.h"
#include "rules/table.h"

bool
country_is_code(const char *text)
{
	if (strlen(text) != 2 || text[0] < 'A' || text[0] > 'Z')
		return false;
	return (text[1] >= 'A' && text[1] <= 'Z') || strcmp(text, "A1") == 0;
}

/* A table being read: columns by their order in the loader's list of names. */
struct table {
	const struct csv *csv;
	struct problems *problems;
	int columns[12];
};

static bool
table_columns(struct table *t, const char *const *names)
{
	const size_t before = t->problems->count;
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		t->columns[i] = csv_column(t->csv, names[i], t->problems);
	return t->problems->count == before;
}

static const char *
cell_text(const struct table *t, size_t row, int column)
{
	return t->csv->rows[row].cells[t->columns[column]].text;
}

static void
cell_problem(const struct table *t, size_t row, int column, const char *what)
{
	const struct csv_row *at = &t->csv->rows[row];
	const struct csv_cell *cell = &at->cells[t->columns[column]];

	problem_add(t->problems, t->csv->file, at->line, cell->column, "'%s' %s",
	    cell->text, what);
}

static int
cell_word(const struct table *t, size_t row, int column, const char *const *words)
{
	const char *text = cell_text(t, row, column);
	int i;

	for (i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0)
			return i;
	}
	cell_problem(t, row, column,
	    "is no word of this column; the head of the file lists them");
	return 0;
}

static day_t
cell_day(const struct table *t, size_t row, int column)
{
	const char *text = cell_text(t, row, column);
	day_t day = DAY_NONE;

	if (text[0] != '\0' && !day_parse(text, &day)) {
		cell_problem(t, row, column, "is no day like 2020-07-16");
		return DAY_NONE;
	}
	return day;
}

static void
days_check(const struct table *t, size_t row, int column, day_t from, day_t to)
{
	if (to != DAY_NONE && (from == DAY_NONE || to < from))
		cell_problem(t, row, column, "ends before it begins");
}

/* ---- eea.csv ------------------------------------------------------------ */

enum { S_CODE, S_NAME, S_KIND, S_OF, S_FROM, S_TO };

static const char *const state_columns[] = {
	"code", "name", "kind", "of", "inside_from", "inside_to", NULL };
static const char *const state_kinds[] = { "eu", "efta", "former", "territory",
	"third", "alias", "unknown", NULL };

static void
state_read(const struct table *t, size_t row, struct state *state)
{
	state->code = cell_text(t, row, S_CODE);
	state->name = cell_text(t, row, S_NAME);
	state->of = cell_text(t, row, S_OF);
	state->kind = cell_word(t, row, S_KIND, state_kinds);
	state->inside_from = cell_day(t, row, S_FROM);
	state->inside_to = cell_day(t, row, S_TO);
	days_check(t, row, S_TO, state->inside_from, state->inside_to);
	if (!country_is_code(state->code))
		cell_problem(t, row, S_CODE,
		    "is no country code of two capital letters");
}

static const struct state *
state_row(const struct law *law, const char *code)
{
	size_t i;

	for (i = 0; i < law->state_count; i++) {
		if (strcmp(law->states[i].code, code) == 0)
			return &law->states[i];
	}
	return NULL;
}

const struct state *
law_state(const struct law *law, const char *code)
{
	const struct state *state = state_row(law, code);

	if (state != NULL && state->kind == STATE_ALIAS)
		state = state_row(law, state->of);
	return state;
}

static void
states_check(const struct table *t, const struct law *law)
{
	const struct state *state;
	size_t i;

	for (i = 0; i < law->state_count; i++) {
		state = &law->states[i];
		if (state_row(law, state->code) != state)
			cell_problem(t, i, S_CODE, "has a row already");
		if ((state->kind == STATE_ALIAS || state->kind == STATE_TERRITORY) &&
		    state_row(law, state->of) == NULL)
			cell_problem(t, i, S_OF, "is no code of this table");
	}
}

static void
states_load(struct law *law, const char *path, struct problems *problems)
{
	struct table t = { .problems = problems };
	size_t i;

	t.csv = law->states_csv = csv_load(path, problems);
	if (t.csv == NULL || !table_columns(&t, state_columns))
		return;
	law->states = xcalloc(t.csv->count, sizeof(*law->states));
	for (i = 0; i < t.csv->count; i++)
		state_read(&t, i, &law->states[i]);
	law->state_count = t.csv->count;
	states_check(&t, law);
}

/* ---- adequacy.csv --------------------------------------------------------- */

enum { A_CODE, A_NAME, A_KIND, A_INSTRUMENT, A_FROM, A_TO, A_TEST, A_SCOPE,
	A_END, A_CHECKED };

static const char *const act_columns[] = { "code", "name", "kind", "instrument",
	"from", "to", "test", "scope", "end", "checked", NULL };
static const char *const act_kinds[] = { "decision", "amendment", "bridge",
	"none", "clauses", NULL };

static void
test_read(const struct table *t, size_t row, struct act *act)
{
	const char *text = act->test_text;

	act->list = "";
	if (strcmp(text, "all") == 0) {
		act->test = TEST_ALL;
	} else if (strcmp(text, "never") == 0) {
		act->test = TEST_NEVER;
	} else if (strncmp(text, "sector:", 7) == 0 && text[7] != '\0') {
		act->test = TEST_SECTOR;
	} else if (strcmp(text, "list:safe_harbor") == 0 ||
	    strcmp(text, "list:privacy_shield") == 0 ||
	    strcmp(text, "list:dpf") == 0) {
		act->test = TEST_LIST;
		act->list = text + 5;
	} else {
		cell_problem(t, row, A_TEST, "is no test; the head of the file "
		    "lists them");
	}
}

static void
act_read(const struct table *t, size_t row, struct act *act, day_t *newest)
{
	day_t checked = cell_day(t, row, A_CHECKED);

	act->code = cell_text(t, row, A_CODE);
	act->name = cell_text(t, row, A_NAME);
	act->instrument = cell_text(t, row, A_INSTRUMENT);
	act->scope = cell_text(t, row, A_SCOPE);
	act->end = cell_text(t, row, A_END);
	act->kind = cell_word(t, row, A_KIND, act_kinds);
	act->kind_name = cell_text(t, row, A_KIND);
	act->test_text = cell_text(t, row, A_TEST);
	act->from = cell_day(t, row, A_FROM);
	act->to = cell_day(t, row, A_TO);
	test_read(t, row, act);
	days_check(t, row, A_TO, act->from, act->to);
	if (act->kind != ACT_NONE && act->from == DAY_NONE)
		cell_problem(t, row, A_FROM, "must be the first day of the act");
	if (strlen(act->instrument) >= INSTRUMENT_MAX)
		cell_problem(t, row, A_INSTRUMENT, "is too long");
	if (strcmp(act->code, "*") != 0 && strncmp(act->code, "X-", 2) != 0 &&
	    !country_is_code(act->code))
		cell_problem(t, row, A_CODE, "is no country code, X-name or *");
	if (checked == DAY_NONE)
		cell_problem(t, row, A_CHECKED, "must be the day of the last check");
	else if (checked > *newest)
		*newest = checked;
}

/* What can be drawn as a band: acts on a country that a recipient may use. */
static void
periods_find(struct law *law)
{
	size_t i;

	law->periods = xcalloc(law->act_count, sizeof(*law->periods));
	for (i = 0; i < law->act_count; i++) {
		if (law->acts[i].kind <= ACT_BRIDGE &&
		    law->acts[i].test != TEST_NEVER)
			law->periods[law->period_count++] = i;
	}
}

static void
acts_load(struct law *law, const char *path, struct problems *problems,
    day_t *newest)
{
	struct table t = { .problems = problems };
	size_t i;

	t.csv = law->acts_csv = csv_load(path, problems);
	if (t.csv == NULL || !table_columns(&t, act_columns))
		return;
	law->acts = xcalloc(t.csv->count, sizeof(*law->acts));
	for (i = 0; i < t.csv->count; i++)
		act_read(&t, i, &law->acts[i], newest);
	law->act_count = t.csv->count;
	periods_find(law);
}

bool
law_load(struct rules *rules, const char *folder, struct problems *problems)
{
	const size_t before = problems->count;
	char *path;

	rules->law = xcalloc(1, sizeof(*rules->law));
	path = rules_path(folder, "eea.csv");
	states_load(rules->law, path, problems);
	free(path);
	path = rules_path(folder, "adequacy.csv");
	rules->law->checked = DAY_NONE;
	acts_load(rules->law, path, problems, &rules->law->checked);
	if (rules->law->checked > rules->date)
		rules->date = rules->law->checked;
	free(path);
	return problems->count == before;
}

void
law_fini(struct rules *rules)
{
	struct law *law = rules->law;

	if (law == NULL)
		return;
	free(law->states);
	free(law->acts);
	free(law->periods);
	csv_free(law->states_csv);
	csv_free(law->acts_csv);
	free(law);
	rules->law = NULL;
}

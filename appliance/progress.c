/* SPDX-License-Identifier: Apache-2.0 */
#include "appliance/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 30

static void
progress_draw(struct progress *progress, uint64_t done, uint64_t total)
{
	int mille = total > 0 ? (int)(done * 1000 / total) : 0;
	char bar[BAR_WIDTH + 1];

	if (mille == progress->shown && total > 0)
		return;
	progress->shown = mille;
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)(mille > 1000 ? 1000 : mille) * BAR_WIDTH / 1000);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r%3zu/%zu %-*s [%s] %3d%% %7.1f MB", progress->file, progress->files,
	    PROGRESS_NAME, progress->name, bar, mille / 10, (double)done / 1e6);
}

static void
progress_tell(struct replay_progress *replay, uint64_t done, uint64_t total)
{
	progress_draw((struct progress *)replay, done, total);
}

void
progress_init(struct progress *progress, size_t files)
{
	memset(progress, 0, sizeof(*progress));
	progress->on = isatty(STDERR_FILENO) == 1;
	progress->files = files;
	progress->replay.tell = progress_tell;
}

void
progress_next(struct progress *progress, const char *name)
{
	const char *end = name + strlen(name), *start = memrchr(name, '/', strlen(name));

	/* "samples/quic-web/input.pcapng": the folder tells such files apart. */
	if (start != NULL && strncmp(start, "/input.", 7) == 0) {
		end = start;
		start = memrchr(name, '/', (size_t)(end - name));
	}
	start = start ? start + 1 : name;
	snprintf(progress->name, sizeof(progress->name), "%.*s", (int)(end - start), start);
	progress->file++;
	progress->shown = -1;
	if (progress->on)
		progress_draw(progress, 0, 0);
}

void
progress_clear(struct progress *progress)
{
	if (progress->on)
		fputs("\r\033[K", stderr);
}

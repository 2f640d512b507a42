/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of the subcommand `ca`, one file each.
 */
#ifndef APPLIANCE_CA_H
#define APPLIANCE_CA_H

#include "appliance/appliance.h"
#include "appliance/options.h"
#include "proxy/authority.h"

/* What was asked. */
struct ca_options {
	const char *conf, *folder, *passphrase_file, *format, *out;
	struct option_list services;	/* --service */
	bool force, renew, narrow, json;
};

/* The problems are printed; returns the exit code of a result. */
int ca_report(enum authority_result result, struct problems *problems);

/* Is the service one that was asked for: by --service, by `inspect`, else any? */
bool ca_service_asked(const struct ca_options *options, const struct setup *setup,
    const struct service *service);

int ca_init(const struct ca_options *options, const struct setup *setup);
int ca_show(const struct ca_options *options, const struct setup *setup);
int ca_export(const struct ca_options *options, const struct setup *setup);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/evidence.h"

#include <stddef.h>

#include "core/recipient.h"
#include "core/verdict.h"

const char *
method_name(enum method method)
{
	static const char *const names[] = { "none", "endpoint", "size", "content" };

	return names[method];
}

const char *
confidence_name(enum confidence confidence)
{
	static const char *const names[] = { "none", "low", "medium", "high" };

	return names[confidence];
}

const char *
format_name(enum format format)
{
	static const char *const names[] = {
		NULL, "vcard", "jscard", "json", "form", "csv", "ldif",
		"protobuf", "multipart", "wbxml", "xml", "text"
	};

	return names[format];
}

const char *
action_name(enum action action)
{
	static const char *const names[] = { "none", "allow", "log", "block" };

	return names[action];
}

const char *
transfer_status_name(enum transfer_status status)
{
	static const char *const names[] = { "none", "ended", "conditional", "in_force" };

	return names[status];
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* The union of vocabularies, and each one's places in it. */
#include "cpumodels/joint.h"

#include <stdint.h>
#include <string.h>

/* One of the different vocabularies. */
struct dialect {
	const struct cg_vocabulary *words; /* while the joint is made */
	uint16_t places[CG_FEATURES_MAX];
	struct cg_featureset known;
	bool is_all; /* its places are the joint's own */
};

struct cg_joint {
	struct cg_vocabulary *names;
	struct dialect *dialects;
	size_t count;
	size_t members[]; /* the dialect of each */
};

static int add_member(struct cg_joint *j, size_t member,
		      const struct cg_vocabulary *words, struct cg_error *err)
{
	struct dialect *more;
	size_t at = 0;

	while (at < j->count && !cg_vocabulary_equal(j->dialects[at].words, words))
		at++;
	j->members[member] = at;
	if (at < j->count)
		return 0;
	more = reallocarray(j->dialects, at + 1, sizeof(*more));
	if (!more)
		return cg_error_errno(err, "names of features");
	more[at] = (struct dialect){ .words = words };
	j->dialects = more;
	j->count++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int unite(struct cg_joint *j, struct cg_error *err)
{
	cg_auto_free const char **names = NULL;
	size_t count = 0, distinct = 0;

	names = calloc(j->count * CG_FEATURES_MAX + 1, sizeof(*names));
	if (!names)
		return cg_error_errno(err, "names of features");
	for (size_t i = 0; i < j->count; i++)
		for (size_t f = 0; f < cg_vocabulary_count(j->dialects[i].words); f++)
			names[count++] = cg_vocabulary_name(j->dialects[i].words, f);
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++)
		if (!distinct || strcmp(names[distinct - 1], names[i]) != 0)
			names[distinct++] = names[i];
	return cg_vocabulary_new(&j->names, names, distinct, err);
}

static void place(struct cg_joint *j, struct dialect *d)
{
	size_t count = cg_vocabulary_count(d->words);

	for (size_t f = 0; f < count; f++) {
		const char *name = cg_vocabulary_name(d->words, f);

		d->places[f] = (uint16_t)cg_vocabulary_find(j->names, name);
		cg_featureset_add(&d->known, d->places[f]);
	}
	d->is_all = count == cg_vocabulary_count(j->names);
	d->words = NULL;
}

int cg_joint_new(struct cg_joint **out, const struct cg_vocabulary *const *members,
		 size_t count, struct cg_error *err)
{
	cg_auto_joint struct cg_joint *j =
		calloc(1, sizeof(*j) + count * sizeof(j->members[0]));

	if (!j)
		return cg_error_errno(err, "names of features");
	for (size_t i = 0; i < count; i++)
		if (add_member(j, i, members[i], err) < 0)
			return -1;
	if (unite(j, err) < 0)
		return -1;
	for (size_t i = 0; i < j->count; i++)
		place(j, &j->dialects[i]);
	*out = cg_take(j);
	return 0;
}

struct cg_joint *cg_joint_free(struct cg_joint *joint)
{
	if (!joint)
		return NULL;
	cg_vocabulary_free(joint->names);
	free(joint->dialects);
	free(joint);
	return NULL;
}

const struct cg_vocabulary *cg_joint_names(const struct cg_joint *joint)
{
	return joint->names;
}

static const struct dialect *dialect_of(const struct cg_joint *joint, size_t member)
{
	return &joint->dialects[joint->members[member]];
}

struct cg_featureset cg_joint_known(const struct cg_joint *joint, size_t member)
{
	return dialect_of(joint, member)->known;
}

struct cg_featureset cg_joint_map(const struct cg_joint *joint, size_t member,
				  const struct cg_featureset *set)
{
	const struct dialect *d = dialect_of(joint, member);
	struct cg_featureset out = { 0 };

	if (d->is_all)
		return *set;
	cg_featureset_each(set, i)
		cg_featureset_add(&out, d->places[i]);
	return out;
}

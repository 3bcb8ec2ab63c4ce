/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children on a disk that fails at the n-th change of a file (hub/store/test_disk.h), for each n
 * until a run is clean. Whatever n is, a child whose deletion was answered with 0 is gone with its
 * consents and its devices, and one whose deletion failed has all of them; a consent that was taken
 * back by an answer of 0 does not hold any more. What was done has its line, and nothing else has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/store/registry_sqlite.h"
#include "hub/store/test_ask.h"
#include "hub/store/test_disk.h"
#include "hub/store/test_file.h"

enum { CHILDREN = 6, CONSENTS = 20, DEVICES = 8, GIVEN = 1000, REVOKED = 2000 };

/* What became of what was asked of each child; 1: not answered. Of an even one the deletion, of an
 * odd one the end of its consent. */
static int answers[CHILDREN];

static void note(void *arg, int err, const struct registry_answer *answer)
{
    (void)answer;
    *(int *)arg = err;
}

static int done_now(const struct registry *registry, const struct registry_request *request)
{
    int out = 1;
    int err = registry->ops->ask(registry->ctx, request, note, &out);
    registry->ops->wait(registry->ctx);
    return err ? err : out;
}

static void id_of(int n, char out[REGISTRY_CHILD_ID_MAX + 1])
{
    snprintf(out, REGISTRY_CHILD_ID_MAX + 1, "child-%d", n);
}

static void make_child(const struct registry *registry, int n)
{
    struct registry_child child = {.birth_year = 2019, .birth_month = 1, .language = "en"};
    struct registry_consent consent = {.kind = REGISTRY_CONSENT_SERVICE, .method = "form"};
    struct registry_claim claim = {.claimed_ms = 1};

    id_of(n, child.id);
    strcpy(consent.child_id, child.id);
    strcpy(claim.child_id, child.id);
    assert_int_equal(
        done_now(registry, &(struct registry_request){.op = REGISTRY_CHILD_ADD, .child = &child}),
        0);
    for (int i = 0; i < CONSENTS; i++) {
        consent.given_ms = GIVEN + i;
        assert_int_equal(done_now(registry, &(struct registry_request){.op = REGISTRY_CONSENT_ADD,
                                                                       .consent = &consent}),
                         0);
    }
    for (int i = 0; i < DEVICES; i++) {
        snprintf(claim.device_id, sizeof claim.device_id, "device-%d-%d", n, i);
        assert_int_equal(done_now(registry, &(struct registry_request){.op = REGISTRY_CLAIM_PUT,
                                                                       .claim = &claim}),
                         0);
    }
}

/* The first is under way while the others gather in one round. */
static void ask_all(const struct registry *registry)
{
    for (int n = 0; n < CHILDREN; n++) {
        struct registry_audit audit = {.at_ms = REVOKED, .what = "changed"};
        struct registry_consent consent = {.kind = REGISTRY_CONSENT_SERVICE, .revoked_ms = REVOKED};
        struct registry_request request = {.audit = &audit};

        id_of(n, audit.child_id);
        strcpy(consent.child_id, audit.child_id);
        request.op = n % 2 ? REGISTRY_CONSENT_REVOKE : REGISTRY_CHILD_DELETE;
        request.key = audit.child_id;
        request.consent = n % 2 ? &consent : NULL;
        answers[n] = 1;
        assert_int_equal(registry->ops->ask(registry->ctx, &request, note, &answers[n]), 0);
    }
    registry->ops->wait(registry->ctx);
}

struct seen {
    int err;
    unsigned consents;
    size_t consent_count, claim_count, lines;
};

static void see(void *arg, int err, const struct registry_answer *answer)
{
    struct seen *seen = arg;

    seen->err = err;
    seen->consents = answer->children ? answer->children->consents : 0;
    seen->consent_count = answer->consent_count;
    seen->claim_count = answer->claim_count;
}

static void see_lines(void *arg, int err, const struct registry_answer *answer)
{
    assert_int_equal(err, 0);
    ((struct seen *)arg)->lines = answer->count;
}

/* Whether what was asked of the child took place: whole, or not at all. */
static bool took_place(const struct registry *registry, int n)
{
    struct seen seen = {.err = 1};
    char id[REGISTRY_CHILD_ID_MAX + 1];

    id_of(n, id);
    const struct registry_request get = {.op = REGISTRY_CHILD_GET, .key = id};
    const struct registry_request lines = {.op = REGISTRY_AUDIT_LIST, .key = id, .count = 9};
    assert_int_equal(registry->ops->ask(registry->ctx, &get, see, &seen), 0);
    assert_int_equal(registry->ops->ask(registry->ctx, &lines, see_lines, &seen), 0);
    registry->ops->wait(registry->ctx);
    bool deleted = n % 2 == 0 && seen.err == ROOST_ERR_NOT_FOUND;
    bool revoked = n % 2 == 1 && seen.err == 0 && seen.consents == 0;
    bool done = deleted || revoked;
    if (!deleted) {
        assert_int_equal(seen.err, 0);
        assert_int_equal(seen.consent_count, CONSENTS);
        assert_int_equal(seen.claim_count, DEVICES);
    }
    assert_int_equal(seen.lines, done);
    return done;
}

/* One run with the fault at change n of the writes. Returns false when it was not met any more. */
static bool run(enum fault fault, long n)
{
    struct test_file file;
    struct registry registry;

    assert_int_equal(test_file_make(&file, "registry.db"), 0);
    disk_work();
    assert_int_equal(registry_sqlite_open(&registry, NULL, file.path, NULL, 0), 0);
    for (int i = 0; i < CHILDREN; i++)
        make_child(&registry, i);
    disk_fail(fault, n);
    ask_all(&registry);
    bool met = disk.met;
    if (fault != FAULT_END) {
        disk_work();
        for (int i = 0; i < CHILDREN; i++)
            assert_int_equal(took_place(&registry, i), answers[i] == 0);
    }
    registry.ops->close(registry.ctx); /* FAULT_END: nothing of it reaches the disk */
    disk_work();
    assert_int_equal(registry_sqlite_open(&registry, NULL, file.path, NULL, 0), 0);
    for (int i = 0; i < CHILDREN; i++) {
        assert_true(answers[i] <= 0);
        /* A commit that the process did not live to report may be there. */
        assert_true(took_place(&registry, i) == (answers[i] == 0) ||
                    (fault == FAULT_END && answers[i] < 0));
    }
    registry.ops->close(registry.ctx);
    test_file_remove(&file);
    return met;
}

int main(void)
{
    return disk_run("children on a failing disk", run);
}

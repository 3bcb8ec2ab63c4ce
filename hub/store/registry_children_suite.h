/* SPDX-License-Identifier: Apache-2.0 */
/* The part of hub/store/registry_suite.h that is about children; for that file only. */
#ifndef ROOST_HUB_STORE_REGISTRY_CHILDREN_SUITE_H
#define ROOST_HUB_STORE_REGISTRY_CHILDREN_SUITE_H

/* A child with all that came with it, copied out of an answer. */
struct suite_family {
    bool over;
    int err;
    int64_t number;
    size_t count, consent_count, claim_count;
    bool has_child, has_credential, has_claim;
    struct registry_child child;
    struct registry_credential credential;
    struct registry_consent consents[REGISTRY_CONSENTS_MAX];
    struct registry_claim claims[REGISTRY_CLAIMS_MAX];
};

static void suite_family_over(void *arg, int err, const struct registry_answer *answer)
{
    struct suite_family *f = arg;

    assert_false(f->over);
    f->over = true;
    f->err = err;
    f->number = answer->number;
    f->count = answer->count;
    f->consent_count = answer->consent_count;
    f->claim_count = answer->claim_count;
    f->has_child = answer->children != NULL;
    f->has_credential = answer->credentials != NULL;
    f->has_claim = answer->claims && answer->claim_count > 0;
    if (answer->children)
        f->child = answer->children[0];
    if (answer->credentials)
        f->credential = answer->credentials[0];
    for (size_t i = 0; i < answer->consent_count; i++)
        f->consents[i] = answer->consents[i];
    for (size_t i = 0; i < answer->claim_count; i++)
        f->claims[i] = answer->claims[i];
}

static int suite_family(const struct registry *r, const struct registry_request *request,
                        struct suite_family *out)
{
    memset(out, 0, sizeof *out);
    assert_int_equal(r->ops->ask(r->ctx, request, suite_family_over, out), 0);
    assert_false(out->over);
    r->ops->wait(r->ctx);
    assert_true(out->over);
    return out->err;
}

static int suite_do(const struct registry *r, const struct registry_request *request)
{
    struct suite_family answer;
    return suite_family(r, request, &answer);
}

static int suite_child_get(const struct registry *r, const char *id, struct suite_family *out)
{
    return suite_family(r, &(struct registry_request){.op = REGISTRY_CHILD_GET, .key = id}, out);
}

static struct registry_child suite_child(const char *id)
{
    struct registry_child child = {
        .birth_year = 2019, .birth_month = 6, .language = "ar", .created_ms = 1000};

    snprintf(child.id, sizeof child.id, "%s", id);
    child.sealed_len = sizeof child.name_sealed;
    for (size_t i = 0; i < child.sealed_len; i++)
        child.name_sealed[i] = (uint8_t)(i * 3);
    return child;
}

static int suite_child_put(const struct registry *r, enum registry_op op,
                           const struct registry_child *child)
{
    return suite_do(r, &(struct registry_request){.op = op, .child = child});
}

static int suite_consent_add(const struct registry *r, const char *child_id, unsigned kind,
                             const char *provider, int64_t given_ms)
{
    struct registry_consent consent = {.kind = kind, .method = "form", .given_ms = given_ms};

    consent.operator_id = 7;
    snprintf(consent.child_id, sizeof consent.child_id, "%s", child_id);
    snprintf(consent.provider, sizeof consent.provider, "%s", provider);
    snprintf(consent.notice, sizeof consent.notice, "v%d", (int)given_ms);
    return suite_do(r, &(struct registry_request){.op = REGISTRY_CONSENT_ADD, .consent = &consent});
}

static int suite_consent_revoke(const struct registry *r, const char *child_id, unsigned kind,
                                int64_t revoked_ms)
{
    struct registry_consent consent = {.kind = kind, .revoked_ms = revoked_ms};

    snprintf(consent.child_id, sizeof consent.child_id, "%s", child_id);
    return suite_do(r,
                    &(struct registry_request){.op = REGISTRY_CONSENT_REVOKE, .consent = &consent});
}

static int suite_claim_put(const struct registry *r, const char *device_id, const char *child_id,
                           const char *hash)
{
    struct registry_claim claim = {.session_id = "8d4b7e0a-0000-4000-8000-000000000001",
                                   .claimed_ms = 77,
                                   .refresh_expires_ms = 5000};

    snprintf(claim.device_id, sizeof claim.device_id, "%s", device_id);
    snprintf(claim.child_id, sizeof claim.child_id, "%s", child_id);
    snprintf(claim.refresh_hash, sizeof claim.refresh_hash, "%s", hash);
    return suite_do(r, &(struct registry_request){.op = REGISTRY_CLAIM_PUT, .claim = &claim});
}

static int suite_pair_get(const struct registry *r, const char *device_id, const char *child_id,
                          struct suite_family *out)
{
    char ids[2][65];

    snprintf(ids[0], sizeof ids[0], "%s", device_id);
    snprintf(ids[1], sizeof ids[1], "%s", child_id);
    const struct registry_request request = {.op = REGISTRY_PAIR_GET,
                                             .ids = (const char(*)[65])ids};
    return suite_family(r, &request, out);
}

static void suite_a_child_is_kept_whole(void **state)
{
    const struct registry *r = *state;
    struct registry_child child = suite_child("c-1");
    struct suite_family found;

    assert_int_equal(suite_child_get(r, "c-1", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_CHANGE, &child), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), ROOST_ERR_EXISTS);
    assert_int_equal(suite_child_get(r, "c-1", &found), 0);
    assert_string_equal(found.child.id, "c-1");
    assert_string_equal(found.child.language, "ar");
    assert_int_equal(found.child.birth_year, 2019);
    assert_int_equal(found.child.birth_month, 6);
    assert_int_equal(found.child.created_ms, 1000);
    assert_int_equal(found.child.sealed_len, REGISTRY_NAME_SEALED_MAX);
    assert_memory_equal(found.child.name_sealed, child.name_sealed, REGISTRY_NAME_SEALED_MAX);
    assert_int_equal(found.child.consents, 0);
    assert_int_equal(found.child.devices, 0);
    assert_int_equal(found.consent_count + found.claim_count, 0);

    child.birth_month = 12;
    child.sealed_len = 30;
    child.created_ms = 9; /* stays what it was */
    strcpy(child.language, "en");
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_CHANGE, &child), 0);
    assert_int_equal(suite_child_get(r, "c-1", &found), 0);
    assert_int_equal(found.child.birth_month, 12);
    assert_int_equal(found.child.sealed_len, 30);
    assert_int_equal(found.child.created_ms, 1000);
    assert_string_equal(found.child.language, "en");
}

static void suite_children_are_listed_by_id(void **state)
{
    const struct registry *r = *state;
    static const char *const ids[] = {"b", "a", "c"};
    struct registry_child list[3];
    struct registry_request request = {.op = REGISTRY_CHILD_LIST, .count = 2};
    struct asked asked;

    for (size_t i = 0; i < 3; i++) {
        const struct registry_child child = suite_child(ids[i]);
        assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    }
    assert_int_equal(suite_consent_add(r, "b", REGISTRY_CONSENT_DISCLOSURE, "", 5), 0);
    assert_int_equal(suite_claim_put(r, "d-1", "b", "x"), 0);
    assert_int_equal(ask_rows(r, &request, list, sizeof *list, 3, &asked), 0);
    assert_int_equal(asked.count, 2);
    assert_string_equal(list[0].id, "a");
    assert_string_equal(list[1].id, "b");
    assert_int_equal(list[1].consents, REGISTRY_CONSENT_DISCLOSURE);
    assert_int_equal(list[1].devices, 1);
    assert_int_equal(list[0].devices, 0);
    request.key = "b";
    assert_int_equal(ask_rows(r, &request, list, sizeof *list, 3, &asked), 0);
    assert_int_equal(asked.count, 1);
    assert_string_equal(list[0].id, "c");
    request.count = REGISTRY_LIST_MAX + 1;
    assert_int_equal(ask_rows(r, &request, list, sizeof *list, 3, &asked), ROOST_ERR_RANGE);
}

static void suite_a_consent_holds_until_it_is_taken_back(void **state)
{
    const struct registry *r = *state;
    const struct registry_child child = suite_child("c");
    struct suite_family f;

    assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_SERVICE, "", 5),
                     ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    assert_int_equal(suite_consent_revoke(r, "c", REGISTRY_CONSENT_SERVICE, 6),
                     ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_SERVICE, "", 5), 0);
    assert_int_equal(suite_child_get(r, "c", &f), 0);
    assert_int_equal(f.child.consents, REGISTRY_CONSENT_SERVICE);
    assert_int_equal(f.consent_count, 1);
    assert_string_equal(f.consents[0].child_id, "c");
    assert_string_equal(f.consents[0].method, "form");
    assert_string_equal(f.consents[0].notice, "v5");
    assert_int_equal(f.consents[0].given_ms, 5);
    assert_int_equal(f.consents[0].revoked_ms, 0);
    assert_int_equal(f.consents[0].operator_id, 7);

    /* Anew, after the notice changed: the one before has ended, and stays as evidence. */
    assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_SERVICE, "", 8), 0);
    assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_DISCLOSURE, "one", 9), 0);
    assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_DISCLOSURE, "two", 9), 0);
    assert_int_equal(suite_child_get(r, "c", &f), 0);
    assert_int_equal(f.child.consents, REGISTRY_CONSENT_SERVICE | REGISTRY_CONSENT_DISCLOSURE);
    assert_int_equal(f.consent_count, 4);
    assert_string_equal(f.consents[0].provider, "two");
    assert_string_equal(f.consents[2].notice, "v8");
    assert_int_equal(f.consents[3].revoked_ms, 8);

    assert_int_equal(suite_consent_revoke(r, "c", REGISTRY_CONSENT_DISCLOSURE, 10), 0);
    assert_int_equal(suite_child_get(r, "c", &f), 0);
    assert_int_equal(f.child.consents, REGISTRY_CONSENT_SERVICE);
    assert_int_equal(f.consents[0].revoked_ms, 10);
    assert_int_equal(f.consents[1].revoked_ms, 10);
    assert_int_equal(suite_consent_revoke(r, "c", REGISTRY_CONSENT_SERVICE, 11), 0);
    assert_int_equal(suite_child_get(r, "c", &f), 0);
    assert_int_equal(f.child.consents, 0);
    assert_int_equal(f.consents[3].revoked_ms, 8); /* ended before */
}

static void suite_consents_of_a_child_are_bounded(void **state)
{
    const struct registry *r = *state;
    const struct registry_child child = suite_child("c");
    struct suite_family f;

    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_DISCLOSURE, "", 1), 0);
    for (int i = 0; i < REGISTRY_CONSENTS_MAX + 5; i++)
        assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_SERVICE, "", 2 + i), 0);
    assert_int_equal(suite_child_get(r, "c", &f), 0);
    assert_int_equal(f.consent_count, REGISTRY_CONSENTS_MAX);
    assert_int_equal(f.child.consents, REGISTRY_CONSENT_SERVICE | REGISTRY_CONSENT_DISCLOSURE);
    assert_int_equal(f.consents[0].given_ms, REGISTRY_CONSENTS_MAX + 6);
    assert_int_equal(f.consents[REGISTRY_CONSENTS_MAX - 1].given_ms, 1); /* it holds */
}

static void suite_a_device_is_one_childs(void **state)
{
    const struct registry *r = *state;
    const struct registry_child one = suite_child("one"), two = suite_child("two");
    const struct registry_device device = suite_device("teddy-0001");
    const struct registry_credential credential = suite_credential("teddy-0001");
    struct suite_family f;

    assert_int_equal(ask_devices_add(r, &device, &credential, 1), 0);
    assert_int_equal(suite_claim_put(r, "teddy-0001", "one", "h1"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &one), 0);
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &two), 0);
    assert_int_equal(suite_pair_get(r, "teddy-0001", "one", &f), 0);
    assert_true(f.has_child && f.has_credential && !f.has_claim);
    assert_int_equal(suite_claim_put(r, "teddy-0001", "one", "h1"), 0);
    assert_int_equal(suite_pair_get(r, "teddy-0001", "two", &f), 0);
    assert_true(f.has_child && f.has_credential && f.has_claim);
    assert_string_equal(f.child.id, "two");
    assert_string_equal(f.claims[0].child_id, "one");
    assert_string_equal(f.claims[0].session_id, "8d4b7e0a-0000-4000-8000-000000000001");
    assert_int_equal(f.claims[0].claimed_ms, 77);
    assert_int_equal(f.credential.sealed_len, 61);
    assert_int_equal(suite_claim_put(r, "teddy-0001", "two", "h2"), 0);
    assert_int_equal(suite_child_get(r, "one", &f), 0);
    assert_int_equal(f.claim_count, 0);
    assert_int_equal(suite_child_get(r, "two", &f), 0);
    assert_int_equal(f.claim_count, 1);
    assert_string_equal(f.claims[0].device_id, "teddy-0001");
    assert_int_equal(suite_pair_get(r, "nobody-001", "nobody", &f), 0);
    assert_true(!f.has_child && !f.has_credential && !f.has_claim);

    assert_int_equal(ask_device_delete(r, "teddy-0001"), 0);
    assert_int_equal(suite_pair_get(r, "teddy-0001", "two", &f), 0);
    assert_true(f.has_child && !f.has_credential && !f.has_claim);
}

static void suite_a_child_has_so_many_devices(void **state)
{
    const struct registry *r = *state;
    const struct registry_child child = suite_child("c");
    char id[32];

    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    for (int i = 0; i < REGISTRY_CLAIMS_MAX; i++) {
        snprintf(id, sizeof id, "teddy-%04d", i);
        assert_int_equal(suite_claim_put(r, id, "c", id), 0);
    }
    assert_int_equal(suite_claim_put(r, "teddy-more", "c", "x"), ROOST_ERR_FULL);
    assert_int_equal(suite_claim_put(r, id, "c", "again"), 0);
}

static void suite_a_child_goes_with_all_of_it(void **state)
{
    const struct registry *r = *state;
    const struct registry_child child = suite_child("c"), other = suite_child("other");
    const struct registry_audit gone = {
        .at_ms = 9, .operator_id = 3, .what = "child deleted", .child_id = "c"};
    const struct registry_request end = {.op = REGISTRY_CHILD_DELETE, .key = "c", .audit = &gone};
    struct suite_family f;

    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &other), 0);
    assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_SERVICE, "", 5), 0);
    assert_int_equal(suite_consent_add(r, "other", REGISTRY_CONSENT_SERVICE, "", 5), 0);
    assert_int_equal(suite_claim_put(r, "d-1", "c", "h1"), 0);
    assert_int_equal(suite_claim_put(r, "d-2", "other", "h2"), 0);
    assert_int_equal(suite_do(r, &end), 0);
    assert_int_equal(suite_do(r, &end), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_child_get(r, "c", &f), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_pair_get(r, "d-1", "c", &f), 0);
    assert_true(!f.has_child && !f.has_claim);
    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    assert_int_equal(suite_child_get(r, "c", &f), 0); /* starts with nothing */
    assert_int_equal(f.child.consents + f.consent_count + f.claim_count, 0);
    assert_int_equal(suite_child_get(r, "other", &f), 0);
    assert_int_equal(f.child.consents, REGISTRY_CONSENT_SERVICE);
    assert_int_equal(f.claim_count, 1);
}

static int suite_claim_renew(const struct registry *r, const char *hash, const char *next,
                             int64_t now_ms, struct suite_family *out)
{
    struct registry_claim claim = {.refresh_expires_ms = now_ms + 100000};

    snprintf(claim.refresh_hash, sizeof claim.refresh_hash, "%s", next);
    const struct registry_request request = {
        .op = REGISTRY_CLAIM_RENEW, .key = hash, .number = now_ms, .claim = &claim};
    return suite_family(r, &request, out);
}

static void suite_a_devices_token_is_used_once(void **state)
{
    enum { LATE = 2000 + REGISTRY_TOKEN_GRACE_MS };
    const struct registry *r = *state;
    const struct registry_child child = suite_child("c");
    struct suite_family f;

    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    assert_int_equal(suite_claim_put(r, "d-1", "c", "h1"), 0);
    assert_int_equal(suite_claim_renew(r, "h0", "h2", 2000, &f), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_claim_renew(r, "", "h2", 2000, &f), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_claim_renew(r, "h1", "h2", 5000, &f), ROOST_ERR_NOT_FOUND); /* expired */
    assert_int_equal(suite_claim_renew(r, "h1", "h2", 2000, &f), 0);
    assert_true(f.has_claim);
    assert_string_equal(f.claims[0].device_id, "d-1");
    assert_string_equal(f.claims[0].child_id, "c");
    assert_string_equal(f.claims[0].refresh_hash, "h2");
    assert_int_equal(f.claims[0].refresh_expires_ms, 102000);
    assert_int_equal(suite_claim_renew(r, "h1", "h3", LATE, &f), 0); /* the answer was lost */
    assert_true(f.has_claim);
    assert_int_equal(suite_claim_renew(r, "h2", "h4", LATE, &f), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_claim_renew(r, "h3", "h4", LATE, &f), 0);
    assert_int_equal(suite_claim_renew(r, "h3", "h5", LATE + REGISTRY_TOKEN_GRACE_MS + 1, &f), 0);
    assert_false(f.has_claim); /* stolen: nobody goes on with it */
    assert_int_equal(suite_claim_renew(r, "h4", "h5", LATE, &f), ROOST_ERR_NOT_FOUND);
    assert_int_equal(suite_child_get(r, "c", &f), 0);
    assert_int_equal(f.claim_count, 1); /* it is still the child's */
}

static void suite_what_was_done_is_noted(void **state)
{
    const struct registry *r = *state;
    const struct registry_child child = suite_child("c");
    const struct registry_audit added = {
        .at_ms = 5, .operator_id = 3, .what = "child added", .child_id = "c"};
    const struct registry_audit seen = {
        .at_ms = 6, .what = "age differs", .child_id = "d", .device_id = "teddy-0001"};
    const struct registry_request add = {
        .op = REGISTRY_CHILD_ADD, .child = &child, .audit = &added};
    struct registry_request list = {.op = REGISTRY_AUDIT_LIST, .count = 3};
    struct registry_audit lines[3];
    struct asked asked;

    assert_int_equal(suite_do(r, &add), 0);
    assert_int_equal(suite_do(r, &add), ROOST_ERR_EXISTS); /* and no line of it */
    assert_int_equal(
        suite_do(r, &(struct registry_request){.op = REGISTRY_AUDIT_ADD, .audit = &seen}), 0);
    assert_int_equal(ask_rows(r, &list, lines, sizeof *lines, 3, &asked), 0);
    assert_int_equal(asked.count, 2);
    assert_string_equal(lines[0].what, "age differs");
    assert_string_equal(lines[0].device_id, "teddy-0001");
    assert_int_equal(lines[0].operator_id, 0);
    assert_string_equal(lines[1].what, "child added");
    assert_int_equal(lines[1].at_ms, 5);
    assert_int_equal(lines[1].operator_id, 3);
    assert_true(lines[0].id > lines[1].id);
    list.key = "c";
    assert_int_equal(ask_rows(r, &list, lines, sizeof *lines, 3, &asked), 0);
    assert_int_equal(asked.count, 1);
    assert_string_equal(lines[0].child_id, "c");
}

static void suite_who_gave_a_consent_stays_themselves(void **state)
{
    const struct registry *r = *state;
    const struct registry_child child = suite_child("c");
    struct registry_operator next = {.email = "next@example.org", .role = "operator"};

    assert_int_equal(suite_child_put(r, REGISTRY_CHILD_ADD, &child), 0);
    assert_int_equal(suite_consent_add(r, "c", REGISTRY_CONSENT_SERVICE, "", 5), 0); /* by 7 */
    assert_int_equal(ask_operator_add(r, &next), 0);
    assert_true(next.id > 7);
}

#define REGISTRY_CHILDREN_SUITE(setup, teardown)                                                   \
    REGISTRY_SUITE_TEST(suite_a_child_is_kept_whole, setup, teardown),                             \
        REGISTRY_SUITE_TEST(suite_children_are_listed_by_id, setup, teardown),                     \
        REGISTRY_SUITE_TEST(suite_a_consent_holds_until_it_is_taken_back, setup, teardown),        \
        REGISTRY_SUITE_TEST(suite_consents_of_a_child_are_bounded, setup, teardown),               \
        REGISTRY_SUITE_TEST(suite_a_device_is_one_childs, setup, teardown),                        \
        REGISTRY_SUITE_TEST(suite_a_child_has_so_many_devices, setup, teardown),                   \
        REGISTRY_SUITE_TEST(suite_a_child_goes_with_all_of_it, setup, teardown),                   \
        REGISTRY_SUITE_TEST(suite_a_devices_token_is_used_once, setup, teardown),                  \
        REGISTRY_SUITE_TEST(suite_what_was_done_is_noted, setup, teardown),                        \
        REGISTRY_SUITE_TEST(suite_who_gave_a_consent_stays_themselves, setup, teardown)

#endif

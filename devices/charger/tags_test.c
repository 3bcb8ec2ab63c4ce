/* SPDX-License-Identifier: Apache-2.0 */
/* Cases P-16, P-51 and P-52, the decision for a card, identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/tags_parts.h"
#include "devices/charger/test/tags_rig.h"

/* ---- cases ---- */

static void p_16(void **state)
{
    (void)state;
    tags_first_boot();
    rules.cache = false;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    assert_int_equal(charger_tags_clear(&tags), ROOST_ERR_UNSUPPORTED); /* Rejected */
    rules.cache = true;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    learn("C", CHARGER_TAG_ACCEPTED);
    assert_int_equal(decide("C", false), CHARGER_TAG_START);
    assert_int_equal(charger_tags_clear(&tags), 0); /* Accepted */
    assert_int_equal(decide("C", false), CHARGER_TAG_REFUSE);
    assert_int_equal(tags_boot(), 0);
    assert_int_equal(decide("C", false), CHARGER_TAG_REFUSE);
}

static void p_51(void **state)
{
    static const char *const long_id = "aBcDeFgHiJkLmNoPqRsT";
    struct charger_tag tag;
    enum charger_tag_source source;
    (void)state;
    tags_first_boot();
    assert_int_equal(charger_tags_version(&tags), 0);

    update_begin(5, true);
    add(long_id, CHARGER_TAG_ACCEPTED, 0);
    add("11111111111111111111", CHARGER_TAG_BLOCKED, 0);
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 5);
    assert_int_equal(charger_tags_find(&tags, "ABCDEFGHIJKLMNOPQRST", NOW, &tag, &source), 0);
    assert_string_equal(tag.id, long_id);
    assert_int_equal(source, CHARGER_TAG_LISTED);

    update_begin(4, false);
    add("other", CHARGER_TAG_ACCEPTED, 0);
    assert_int_equal(update_end(), CHARGER_LIST_VERSION_MISMATCH);
    update_begin(5, false);
    assert_int_equal(update_end(), CHARGER_LIST_VERSION_MISMATCH);
    assert_int_equal(charger_tags_listed(&tags), 2);

    update_begin(6, false);
    charger_tags_update_remove(&tags, "11111111111111111111");
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 6);
    assert_int_equal(charger_tags_listed(&tags), 1);

    assert_int_equal(full_of(7, CHARGER_TAGS_MESSAGE_MAX + 1), CHARGER_LIST_FAILED);
    assert_int_equal(charger_tags_version(&tags), 6);
    assert_int_equal(source_of(long_id), CHARGER_TAG_LISTED);

    update_begin(0, true);
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_version(&tags), 0);
    assert_int_equal(source_of(long_id), CHARGER_TAG_UNKNOWN);

    rules.list = false;
    assert_int_equal(charger_tags_rules(&tags, &rules), 0);
    assert_int_equal(full_of(9, 1), CHARGER_LIST_NOT_SUPPORTED);
    assert_int_equal(charger_tags_version(&tags), -1);
}

static void p_52(void **state)
{
    (void)state;
    p_52_list();
    for (int boots = 0; boots < 2; boots++) { /* both survive a cut */
        for (int allow = 0; allow < 2; allow++) {
            rules.allow_unknown = allow;
            assert_int_equal(charger_tags_rules(&tags, &rules), 0);
            assert_int_equal(decide("A", false), CHARGER_TAG_START);
            assert_int_equal(decide("a", false), CHARGER_TAG_START);
            assert_int_equal(decide("C", false), CHARGER_TAG_START);
            assert_int_equal(decide("B", false), CHARGER_TAG_REFUSE);
            assert_int_equal(decide("E", false), CHARGER_TAG_REFUSE);
            assert_int_equal(decide("U", false), allow ? CHARGER_TAG_START : CHARGER_TAG_REFUSE);
        }
        assert_int_equal(decide("B", true), CHARGER_TAG_ASK);
        assert_true(learn("B", CHARGER_TAG_ACCEPTED)); /* LocalListConflict */
        assert_false(learn("b", CHARGER_TAG_BLOCKED));
        assert_true(learn("A", CHARGER_TAG_INVALID));
        assert_false(learn("A", CHARGER_TAG_CONCURRENT));
        assert_false(learn("E", CHARGER_TAG_EXPIRED));
        assert_true(learn("E", CHARGER_TAG_ACCEPTED));
        assert_int_equal(charger_tags_cached(&tags), 1); /* C alone */
        assert_int_equal(decide("B", false), CHARGER_TAG_REFUSE);
        assert_int_equal(tags_boot(), 0);
    }
}

/* ---- decisions ---- */

/* Every switch, every kind of card, on line and off, against the rule as the standard words it. */
static void every_decision(void **state)
{
    static const struct {
        const char *id;
        bool known, good;
    } cards[] = {
        {"A", true, true},  {"B", true, false}, {"E", true, false},  {"C", true, true},
        {"D", true, false}, {"X", true, false}, {"U", false, false},
    };
    struct charger_tag gone = tag_of("X", "", CHARGER_TAG_ACCEPTED, (uint32_t)NOW - 1);
    bool conflict;
    (void)state;
    p_52_list();
    learn("D", CHARGER_TAG_BLOCKED);
    assert_int_equal(charger_tags_learn(&tags, &gone, NOW, &conflict), 0);
    for (unsigned bits = 0; bits < 16; bits++) {
        rules.pre_authorize = bits & 1;
        rules.authorize_offline = bits >> 1 & 1;
        rules.allow_unknown = bits >> 2 & 1;
        bool online = bits >> 3 & 1;
        assert_int_equal(charger_tags_rules(&tags, &rules), 0);
        for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
            enum charger_tag_action want = CHARGER_TAG_REFUSE;
            if (online)
                want = cards[i].good && rules.pre_authorize ? CHARGER_TAG_START : CHARGER_TAG_ASK;
            else if ((cards[i].good && rules.authorize_offline) ||
                     ((cards[i].good || !cards[i].known) && rules.allow_unknown))
                want = CHARGER_TAG_START;
            assert_int_equal(decide(cards[i].id, online), want);
        }
    }
}

static void a_decision_tells_why(void **state)
{
    struct charger_tag_decision decision;
    (void)state;
    p_52_list();
    charger_tags_decide(&tags, "E", false, NOW, &decision);
    assert_int_equal(decision.source, CHARGER_TAG_LISTED);
    assert_int_equal(decision.status, CHARGER_TAG_EXPIRED);
    charger_tags_decide(&tags, "c", false, NOW, &decision);
    assert_int_equal(decision.source, CHARGER_TAG_CACHED);
    assert_int_equal(decision.status, CHARGER_TAG_ACCEPTED);
    assert_string_equal(decision.parent, "GROUP");
    charger_tags_decide(&tags, "U", false, NOW, &decision);
    assert_int_equal(decision.source, CHARGER_TAG_UNKNOWN);
    assert_int_equal(decision.status, CHARGER_TAG_INVALID);
    assert_string_equal(decision.parent, "");
    charger_tags_decide(&tags, "", false, NOW, &decision);
    assert_int_equal(decision.action, CHARGER_TAG_REFUSE);
}

static void an_expiry_is_exact_and_needs_a_clock(void **state)
{
    struct charger_tag tag;
    enum charger_tag_source source;
    (void)state;
    tags_first_boot();
    update_begin(1, true);
    add("A", CHARGER_TAG_ACCEPTED, (uint32_t)NOW);
    add("B", CHARGER_TAG_BLOCKED, (uint32_t)NOW);
    add("late", CHARGER_TAG_ACCEPTED, UINT32_MAX);
    assert_int_equal(update_end(), CHARGER_LIST_ACCEPTED);
    assert_int_equal(charger_tags_find(&tags, "A", NOW - 1, &tag, &source), 0);
    assert_int_equal(tag.status, CHARGER_TAG_ACCEPTED);
    assert_int_equal(charger_tags_find(&tags, "A", NOW, &tag, &source), 0);
    assert_int_equal(tag.status, CHARGER_TAG_EXPIRED);
    assert_int_equal(charger_tags_find(&tags, "A", 0, &tag, &source), 0);
    assert_int_equal(tag.status, CHARGER_TAG_EXPIRED);
    assert_int_equal(charger_tags_find(&tags, "B", NOW + 1, &tag, &source), 0);
    assert_int_equal(tag.status, CHARGER_TAG_BLOCKED);
    assert_int_equal(charger_tags_find(&tags, "late", NOW, &tag, &source), 0);
    assert_int_equal(tag.expires_s, UINT32_MAX);
    assert_int_equal(tag.status, CHARGER_TAG_ACCEPTED);
}

static void identifiers_compare_without_case(void **state)
{
    (void)state;
    assert_true(charger_tags_same("04a2B3c4", "04A2b3C4"));
    assert_false(charger_tags_same("04A2B3C4", "04A2B3C"));
    assert_false(charger_tags_same("04A2B3C", "04A2B3C4"));
    assert_false(charger_tags_same("[", "{"));
    assert_true(charger_tags_same("", ""));
}

static void broken_entries_are_refused(void **state)
{
    uint8_t bytes[TAGS_ENTRY_MAX];
    struct charger_tag tag = tag_of("04A2B3C4", "GROUP", CHARGER_TAG_BLOCKED, 7), back;
    size_t len = tags_pack(&tag, 0, bytes);
    (void)state;
    assert_int_equal(tags_unpack(bytes, len, &back), (int)len);
    assert_memory_equal(&back, &tag, sizeof tag);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(tags_unpack(bytes, cut, &back), ROOST_ERR_CORRUPT);
    bytes[1] = CHARGER_TAG_MAX + 1;
    assert_int_equal(tags_unpack(bytes, sizeof bytes, &back), ROOST_ERR_CORRUPT);
    bytes[1] = 0;
    assert_int_equal(tags_unpack(bytes, sizeof bytes, &back), ROOST_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_16),
        cmocka_unit_test(p_51),
        cmocka_unit_test(p_52),
        cmocka_unit_test(every_decision),
        cmocka_unit_test(a_decision_tells_why),
        cmocka_unit_test(an_expiry_is_exact_and_needs_a_clock),
        cmocka_unit_test(identifiers_compare_without_case),
        cmocka_unit_test(broken_entries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

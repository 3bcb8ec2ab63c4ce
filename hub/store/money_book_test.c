/* SPDX-License-Identifier: Apache-2.0 */
/* Payments on a real file. A whole payment is driven by a process that is killed (SIGKILL) at its
 * n-th step, n+1st, ... and started again, until it runs through: before an action, between an
 * action and what it is remembered by, inside a commit's neighbourhood. The provider and the
 * charger live on outside, in shared memory. Afterwards every cent is somewhere, and once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "core/err.h"
#include "hub/store/money_book.h"
#include "hub/store/test_file.h"

static struct test_file file;
static struct money_book *book;

static int open_book(void)
{
    char why[256];

    return money_book_open(&book, file.path, why, sizeof why);
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(test_file_make(&file, "money.db"), 0);
    assert_int_equal(open_book(), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    money_book_close(book);
    test_file_remove(&file);
    return 0;
}

static struct money_payment fresh(const char *id, int64_t amount)
{
    struct money_payment payment = {.currency = "EUR",
                                    .identity = "CP1",
                                    .connector = 1,
                                    .amount = amount,
                                    .limit_wh = 10000,
                                    .made_ms = 5};

    snprintf(payment.id, sizeof payment.id, "%s", id);
    snprintf(payment.id_tag, sizeof payment.id_tag, "T-%s", id);
    return payment;
}

static void ignore(void *ctx, const struct money_difference *difference)
{
    (void)ctx;
    (void)difference;
}

static int checked(struct money_sums *sums)
{
    return money_book_check(book, sums, ignore, NULL);
}

static int count_one(void *ctx, const struct money_payment *payment)
{
    (void)payment;
    ++*(int *)ctx;
    return 0;
}

static void what_is_put_is_there(void **state)
{
    const struct money_event paid = {.kind = MONEY_IS_PAID, .amount = 2000, .fee = 30, .at_ms = 9};
    struct money_payment payment = fresh("p1", 2000), read;
    struct money_sums sums;
    struct money_step step;
    int count = 0;

    (void)state;
    assert_int_equal(money_book_add(book, &payment), 0);
    assert_int_equal(money_book_add(book, &payment), ROOST_ERR_EXISTS);
    assert_int_equal(money_happens(&payment, &paid, &step), 0);
    assert_int_equal(money_book_put(book, &payment, &step), 0);
    /* Somebody who had not seen that: nothing is done twice. */
    assert_int_equal(money_book_put(book, &payment, &step), ROOST_ERR_STALE);
    money_book_close(book);
    assert_int_equal(open_book(), 0);
    assert_int_equal(money_book_of_tag(book, "t-P1", &read), 0);
    assert_memory_equal(&read, &step.payment, sizeof read);
    assert_int_equal(money_book_get(book, "p2", &read), ROOST_ERR_NOT_FOUND);
    assert_int_equal(checked(&sums), 0);
    assert_int_equal(sums.of[MONEY_OF_RESERVED], -2000);
    assert_int_equal(money_book_each(book, MONEY_BOOK_OPEN, count_one, &count), 0);
    assert_int_equal(count, 1);
}

static void every_difference_is_shown(void **state)
{
    const struct money_event paid = {.kind = MONEY_IS_PAID, .amount = 2000};
    struct money_payment payment = fresh("p1", 2000);
    struct money_sums sums;
    struct money_step step;
    sqlite3 *db;

    (void)state;
    assert_int_equal(money_book_add(book, &payment), 0);
    assert_int_equal(money_happens(&payment, &paid, &step), 0);
    assert_int_equal(money_book_put(book, &payment, &step), 0);
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE entry SET amount=amount+1 WHERE n=0", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(checked(&sums), 2); /* the sum, and the account */
    assert_int_equal(sqlite3_exec(db, "DELETE FROM payment", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(checked(&sums), 1); /* entries of nobody */
    sqlite3_exec(db, "UPDATE entry SET account='pocket'", NULL, NULL, NULL);
    sqlite3_exec(db,
                 "INSERT INTO payment SELECT 'p1','EUR','','','',0,0,0,0,'lost',0,0,0,0,0,0,0,0",
                 NULL, NULL, NULL);
    assert_int_equal(checked(&sums), ROOST_ERR_CORRUPT);
    sqlite3_close(db);
}

/* ---- killed at any step ---- */

struct world {
    int steps_left; /* then it is killed; below 0: never */
    bool finished;
    int64_t taken, given_back; /* by the provider, each key once */
    bool begun, refunded;
    int started; /* transactions with the tag */
    bool ended;
    int64_t price;
    int begins, refunds; /* how often it was asked */
    bool refuses;
};
static struct world *world;

/* Between any two things that can be told apart. */
static void tick(void)
{
    if (world->steps_left >= 0 && world->steps_left-- == 0)
        raise(SIGKILL);
}

static int tell(struct money_payment *payment, struct money_event event)
{
    struct money_step step;
    int err = money_happens(payment, &event, &step);

    if (err != 0)
        return err < 0 ? err : 0;
    tick();
    err = money_book_put(book, payment, &step);
    tick();
    *payment = step.payment;
    return err;
}

/* What a provider and a charger do with an action that comes twice. */
static int act(struct money_payment *payment)
{
    switch (money_resume(payment)) {
    case MONEY_ASK_PROVIDER:
        world->begins++;
        if (!world->begun)
            world->taken = payment->amount; /* and the customer pays at once */
        world->begun = true;
        tick();
        return tell(payment, (struct money_event){.kind = MONEY_IS_BEGUN, .reference = "r"});
    case MONEY_START:
        if (world->refuses)
            return tell(payment, (struct money_event){.kind = MONEY_IS_NOT_STARTED});
        if (world->started == 0) /* its tag serves one */
            world->started = 1;
        tick();
        return tell(payment, (struct money_event){.kind = MONEY_IS_STARTED, .tx_id = 7});
    case MONEY_REFUND:
        world->refunds++;
        if (!world->refunded)
            world->given_back += payment->refund_amount;
        world->refunded = true;
        tick();
        return tell(payment, (struct money_event){.kind = MONEY_IS_REFUNDED});
    default:
        break;
    }
    if (payment->state == MONEY_BEGUN) /* its callback, three times */
        for (int i = 0; i < 3; i++) {
            int err = tell(payment, (struct money_event){
                                        .kind = MONEY_IS_PAID, .amount = world->taken, .fee = 30});
            if (err)
                return err;
        }
    else if (payment->state == MONEY_CHARGING)
        return tell(payment, (struct money_event){.kind = MONEY_IS_ENDED, .amount = world->price});
    return 0;
}

static int drive(void)
{
    struct money_payment payment;
    int err = money_book_get(book, "p1", &payment);

    if (err == ROOST_ERR_NOT_FOUND) {
        payment = fresh("p1", 2000);
        tick();
        err = money_book_add(book, &payment);
        tick();
    }
    for (int i = 0; !err && payment.state != MONEY_DONE && i < 20; i++)
        err = act(&payment);
    return err;
}

/* One life. Returns whether it ran through. */
static bool live(int steps)
{
    world->steps_left = steps;
    pid_t child = fork();
    if (child == 0) {
        if (open_book() == 0 && drive() == 0)
            world->finished = true;
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(world->finished || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    return world->finished;
}

static void must_be_whole(int64_t used)
{
    struct money_payment payment;
    struct money_sums sums;

    assert_int_equal(open_book(), 0);
    assert_int_equal(checked(&sums), 0);
    assert_int_equal(money_book_get(book, "p1", &payment), 0);
    assert_int_equal(payment.state, MONEY_DONE);
    assert_int_equal(payment.used_amount, used);
    assert_int_equal(world->taken, 2000);
    assert_int_equal(world->given_back, 2000 - used);
    assert_int_equal(sums.of[MONEY_OF_PROVIDER], world->taken - 30 - world->given_back);
    assert_int_equal(sums.of[MONEY_OF_USED], -used);
    assert_int_equal(sums.of[MONEY_OF_RESERVED], 0);
    assert_int_equal(sums.of[MONEY_OF_REFUNDS], 0);
}

static void kill_everywhere(bool refuses)
{
    bool through = false;
    int n;

    money_book_close(book);
    book = NULL;
    /* Killed at step n of the first life, at step k of the second, then left alone. */
    for (n = 0; !through; n++) {
        for (int k = 0; k < 4 && !through; k++) {
            test_file_remove(&file);
            assert_int_equal(test_file_make(&file, "money.db"), 0);
            *world = (struct world){.price = 1234, .refuses = refuses};
            through = live(n);
            if (!through && !live(k))
                assert_true(live(-1));
            must_be_whole(refuses ? 0 : 1234);
            money_book_close(book);
            book = NULL;
        }
        assert_in_range(n, 0, 100);
    }
    assert_in_range(n, refuses ? 8 : 12, 100); /* there were steps to be killed at */
    assert_int_equal(open_book(), 0);
}

static void killed_at_any_step(void **state)
{
    (void)state;
    kill_everywhere(false);
}

static void killed_at_any_step_of_a_failed_start(void **state)
{
    (void)state;
    kill_everywhere(true);
}

/* ---- lists and texts ---- */

static char listed[64];

static int note_id(void *ctx, const struct money_payment *payment)
{
    (void)ctx;
    snprintf(listed + strlen(listed), sizeof listed - strlen(listed), "%s ", payment->id);
    return 0;
}

static const char *list(const struct money_query *query)
{
    const struct money_store store = money_book_of(book);

    listed[0] = '\0';
    assert_int_equal(store.ops->list(store.ctx, query, note_id, NULL), 0);
    return listed;
}

static void lists_are_newest_first_and_by_page(void **state)
{
    static const char *const ids[] = {"a", "b", "c", "d"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct money_payment payment = fresh(ids[i], 100);
        payment.made_ms = i < 2 ? 5 : 9;
        payment.state = i == 3 ? MONEY_HELD : MONEY_NEW;
        if (i == 1)
            snprintf(payment.identity, sizeof payment.identity, "CP2");
        assert_int_equal(money_book_add(book, &payment), 0);
    }
    assert_string_equal(list(&(struct money_query){.limit = 10}), "c d a b ");
    assert_string_equal(list(&(struct money_query){.limit = 2}), "c d ");
    assert_string_equal(list(&(struct money_query){.limit = 2, .before_ms = 9, .after = "c"}),
                        "d a ");
    assert_string_equal(list(&(struct money_query){.limit = 9, .before_ms = 9}), "a b ");
    assert_string_equal(list(&(struct money_query){.limit = 9, .identity = "CP2"}), "b ");
    assert_string_equal(list(&(struct money_query){.limit = 1, .states = 1U << MONEY_HELD}), "d ");
}

static int note_text(void *ctx, const char *id, const char *text)
{
    (void)ctx;
    snprintf(listed, sizeof listed, "%s=%s", id, text);
    return 0;
}

static void texts_stay_by_kind_and_id(void **state)
{
    struct money_store store = money_book_of(book);
    char text[8];

    (void)state;
    assert_int_equal(store.ops->text_put(store.ctx, MONEY_TEXT_TARIFF, "t", "one"), 0);
    assert_int_equal(store.ops->text_put(store.ctx, MONEY_TEXT_TARIFF, "t", "two"), 0);
    assert_int_equal(store.ops->text_put(store.ctx, MONEY_TEXT_URL, "t", "12345678"), 0);
    money_book_close(book);
    assert_int_equal(open_book(), 0);
    store = money_book_of(book);
    assert_int_equal(store.ops->text_get(store.ctx, MONEY_TEXT_TARIFF, "t", text, sizeof text), 0);
    assert_string_equal(text, "two");
    assert_int_equal(store.ops->text_get(store.ctx, MONEY_TEXT_URL, "t", text, sizeof text),
                     ROOST_ERR_TOO_LONG);
    assert_int_equal(store.ops->text_get(store.ctx, MONEY_TEXT_PRICES, "t", text, sizeof text),
                     ROOST_ERR_NOT_FOUND);
    assert_int_equal(store.ops->text_each(store.ctx, MONEY_TEXT_TARIFF, note_text, NULL), 0);
    assert_string_equal(listed, "t=two");
    assert_int_equal(store.ops->text_remove(store.ctx, MONEY_TEXT_TARIFF, "t"), 0);
    assert_int_equal(store.ops->text_remove(store.ctx, MONEY_TEXT_TARIFF, "t"), 0);
    assert_int_equal(store.ops->text_get(store.ctx, MONEY_TEXT_TARIFF, "t", text, sizeof text),
                     ROOST_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_put_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_difference_is_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_are_newest_first_and_by_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_stay_by_kind_and_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_at_any_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_at_any_step_of_a_failed_start, set_up, tear_down),
    };

    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return world == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <uv.h>

#include "core/err.h"

enum { JOBS = 20 };

struct piece {
    struct worker_job job; /* first */
    uv_sem_t *gate;        /* waited for by run */
    int ran, told, err;
    size_t thread;
    struct worker *again; /* pushed once more by done */
};

static uv_loop_t loop;
static struct worker *worker;
static struct piece pieces[JOBS];
static int order[2 * JOBS], told;

static void run(struct worker_job *job, size_t thread)
{
    struct piece *piece = (struct piece *)job;
    if (piece->gate)
        uv_sem_wait(piece->gate);
    piece->ran++;
    piece->thread = thread;
}

static void done(struct worker_job *job, int err)
{
    struct piece *piece = (struct piece *)job;
    struct worker *again = piece->again;
    piece->told++;
    piece->err = err;
    order[told++] = (int)(piece - pieces);
    piece->again = NULL;
    if (again)
        assert_int_equal(worker_push(again, job), 0);
}

static void push(int i)
{
    pieces[i].job = (struct worker_job){.run = run, .done = done};
    assert_int_equal(worker_push(worker, &pieces[i].job), 0);
    assert_int_equal(pieces[i].told, 0); /* never from inside the push */
}

static void start(size_t threads, size_t jobs_max)
{
    static const struct piece none;
    told = 0;
    for (int i = 0; i < JOBS; i++)
        pieces[i] = none;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(worker_new(&worker, &loop, threads, jobs_max), 0);
}

static void end(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void jobs_are_done_in_their_order(void **state)
{
    (void)state;
    start(1, JOBS);
    for (int i = 0; i < JOBS; i++)
        push(i);
    uv_run(&loop, UV_RUN_DEFAULT); /* unfinished jobs keep it alive, nothing else does */
    assert_int_equal(told, JOBS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(order[i], i);
        assert_int_equal(pieces[i].err, 0);
        assert_int_equal(pieces[i].ran, 1);
    }
    worker_close(worker, false);
    end();
}

static void what_is_done_may_be_pushed_again(void **state)
{
    (void)state;
    start(1, 1);
    pieces[0].again = worker;
    push(0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(pieces[0].ran, 2);
    assert_int_equal(pieces[0].told, 2);
    worker_close(worker, false);
    end();
}

static void the_number_of_jobs_is_bounded(void **state)
{
    uv_sem_t gate;
    (void)state;
    uv_sem_init(&gate, 0);
    start(1, 3);
    pieces[0].gate = &gate;
    for (int i = 0; i < 3; i++)
        push(i);
    pieces[3].job = (struct worker_job){.run = run, .done = done};
    assert_int_equal(worker_push(worker, &pieces[3].job), ROOST_ERR_FULL);
    uv_sem_post(&gate);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(told, 3);
    push(3);
    worker_wait(worker);
    assert_int_equal(pieces[3].ran, 1);
    assert_int_equal(pieces[3].told, 0);
    worker_close(worker, false);
    assert_int_equal(pieces[3].told, 1);
    end();
    uv_sem_destroy(&gate);
}

/* One that is slow holds up its own worker's others only when it has all of its threads. */
static void a_slow_job_leaves_the_other_threads(void **state)
{
    uv_sem_t gate;
    (void)state;
    uv_sem_init(&gate, 0);
    start(2, JOBS);
    pieces[0].gate = &gate;
    for (int i = 0; i < JOBS; i++)
        push(i);
    while (told < JOBS - 1)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(pieces[0].told, 0);
    for (int i = 2; i < JOBS; i++)
        assert_int_equal(pieces[i].thread, pieces[1].thread);
    uv_sem_post(&gate);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(pieces[0].told, 1);
    assert_true(pieces[0].thread != pieces[1].thread && pieces[0].thread < 2);
    worker_close(worker, true);
    end();
    uv_sem_destroy(&gate);
}

static void release(void *arg)
{
    uv_sleep(50);
    uv_sem_post(arg);
}

static void close_with(bool finish)
{
    uv_sem_t gate;
    uv_thread_t other;
    uv_sem_init(&gate, 0);
    start(1, JOBS);
    pieces[0].gate = &gate;
    pieces[1].gate = NULL;
    for (int i = 0; i < 3; i++)
        push(i);
    while (!finish && uv_sem_trywait(&gate) == 0)
        continue;
    assert_int_equal(uv_thread_create(&other, release, &gate), 0);
    worker_close(worker, finish);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pieces[i].told, 1);
        assert_int_equal(pieces[i].err, pieces[i].ran ? 0 : ROOST_ERR_CLOSED);
        assert_true(pieces[i].ran || !finish);
    }
    end();
    uv_thread_join(&other);
    uv_sem_destroy(&gate);
}

static void a_close_finishes_what_waits(void **state)
{
    (void)state;
    close_with(true);
    assert_int_equal(pieces[2].ran, 1);
}

static void a_close_gives_up_what_waits(void **state)
{
    (void)state;
    close_with(false);
    assert_int_equal(pieces[2].ran, 0);
}

static void without_a_loop_a_push_does_the_work(void **state)
{
    (void)state;
    start(1, JOBS);
    worker_close(worker, false);
    end();
    assert_int_equal(worker_new(&worker, NULL, 1, 2), 0);
    pieces[0].again = worker;
    push(0);
    assert_int_equal(pieces[0].ran, 1);
    push(1);
    assert_int_equal(worker_push(worker, &pieces[2].job), ROOST_ERR_FULL);
    worker_wait(worker);
    assert_int_equal(worker_turn(worker), 3);
    assert_int_equal(worker_turn(worker), 0);
    assert_int_equal(pieces[0].told, 2);
    push(2);
    worker_close(worker, false);
    assert_int_equal(pieces[2].told, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_done_in_their_order),
        cmocka_unit_test(what_is_done_may_be_pushed_again),
        cmocka_unit_test(the_number_of_jobs_is_bounded),
        cmocka_unit_test(a_slow_job_leaves_the_other_threads),
        cmocka_unit_test(a_close_finishes_what_waits),
        cmocka_unit_test(a_close_gives_up_what_waits),
        cmocka_unit_test(without_a_loop_a_push_does_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

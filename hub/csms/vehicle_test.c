/* SPDX-License-Identifier: Apache-2.0 */
/* C-33: what is taken of the data that chargers say of vehicles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/csms/vehicle.h"

static void c_33_by_message_and_range(void **state)
{
    static const struct {
        const char *message, *data;
        enum ocpp_word status;
    } cases[] = {
        {"VehicleInfo", "{\"soc\":40.5,\"maxCurrent\":60,\"model\":\"X\",\"range\":80}",
         OCPP_Accepted},
        {"VehicleInfo", "{}", OCPP_Accepted},
        {"VehicleInfo", "{\"soc\":0,\"else\":[1,{}]}", OCPP_Accepted},
        {"VehicleInfo", "{\"soc\":100.1}", OCPP_Rejected},
        {"VehicleInfo", "{\"soc\":-1}", OCPP_Rejected},
        {"VehicleInfo", "{\"soc\":\"40\"}", OCPP_Rejected},
        {"VehicleInfo", "", OCPP_Rejected},
        {"VehicleInfo", "[]", OCPP_Rejected},
        {"VehicleInfo", "{\"soc\":40", OCPP_Rejected},
        {"VehicleInfo", "40", OCPP_Rejected},
        {"SessionSummary", "{\"finalSoc\":80,\"energyDelivered\":1200,\"durationMinutes\":9}",
         OCPP_Accepted},
        {"SessionSummary", "{\"energyDelivered\":-1}", OCPP_Rejected},
        {"BMSAlert", "{\"code\":402,\"text\":\"the battery sends nothing\"}", OCPP_Accepted},
        {"BMSAlert", "x", OCPP_Rejected},
        {"vehicleinfo", "{}", OCPP_UnknownMessageId},
        {"", "{}", OCPP_UnknownMessageId},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(vehicle_take(NULL, "CP1", cases[i].message, cases[i].data),
                         cases[i].status);
}

static void c_33_what_is_too_large_is_rejected(void **state)
{
    char data[5000];

    (void)state;
    memset(data, ' ', sizeof data);
    data[0] = '{';
    data[1] = '}';
    data[4096] = '\0';
    assert_int_equal(vehicle_take(NULL, "CP1", "VehicleInfo", data), OCPP_Accepted);
    data[4096] = ' ';
    data[4097] = '\0';
    assert_int_equal(vehicle_take(NULL, "CP1", "VehicleInfo", data), OCPP_Rejected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c_33_by_message_and_range),
        cmocka_unit_test(c_33_what_is_too_large_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

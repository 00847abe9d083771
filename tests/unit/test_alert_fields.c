/* SPDX-License-Identifier: Apache-2.0
 *
 * test_alert_fields.c - an alert shows only fields that its decoder makes: a name that nobody makes
 * would be left out of every alert, and nobody would see it.
 */
#include "analyze/alert/alert_internal.h"
#include "ingest/decode/decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* CloudTrail's fields are its records' own: these are names of the CloudTrail record contents. */
static const struct decoder_field cloudtrail_fields[] = {
    {"eventName", ""},
    {"eventSource", ""},
    {"errorCode", ""},
    {"errorMessage", ""},
    {"sourceIPAddress", ""},
    {"userAgent", ""},
    {"userIdentity.principalId", ""},
    {"userIdentity.arn", ""},
    {"userIdentity.userName", ""},
    {"userIdentity.sessionContext.sessionIssuer.userName", ""},
    {"userIdentity.type", ""},
    {"userIdentity.accessKeyId", ""},
    {"userIdentity.accountId", ""},
    {"userIdentity.invokedBy", ""},
    {"requestID", ""},
    {"recipientAccountId", ""},
    {"awsRegion", ""},
    {"eventID", ""},
    {NULL, NULL},
};

static void every_field_shown_is_one_of_its_decoder(void **state)
{
    const char *decoder = NULL;
    const char *field = NULL;
    size_t checked = 0;
    (void)state;
    for (size_t i = 0; alert_row(i, &decoder, &field); i++) {
        int index = decoder_index(decoder);
        assert_true(index >= 0);
        const struct decoder_field *known = decoder_table[index]->fields;
        if (strcmp(decoder, "cloudtrail") == 0) {
            known = cloudtrail_fields;
        }
        if (field == NULL || strcmp(field, DECODER_SENDER_FIELD) == 0) { /* all have the latter */
            continue;
        }
        assert_non_null(known);
        while (known->name != NULL && strcmp(known->name, field) != 0) {
            known++;
        }
        if (known->name == NULL) {
            fail_msg("%s makes no field %s", decoder, field);
        }
        checked++;
    }
    assert_true(checked > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_shown_is_one_of_its_decoder),
    };
    return cmocka_run_group_tests_name("alert_fields", tests, NULL, NULL);
}

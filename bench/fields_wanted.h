/* SPDX-License-Identifier: Apache-2.0
 *
 * fields_wanted.h - the 25 fields of a CloudTrail record that bench_json and bench_simdjson
 * extract.
 *
 * In:  nothing.   Out: an array initialiser, in C and in C++.
 * Thread: any.   Owns: nothing.
 */
#ifndef TOCSIN_BENCH_FIELDS_WANTED_H
#define TOCSIN_BENCH_FIELDS_WANTED_H

#define FIELDS_WANTED                                                                              \
    "eventVersion", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",       \
        "userAgent", "errorCode", "errorMessage", "requestID", "eventID", "eventType",             \
        "recipientAccountId", "userIdentity.type", "userIdentity.principalId", "userIdentity.arn", \
        "userIdentity.accountId", "userIdentity.userName",                                         \
        "userIdentity.sessionContext.attributes.mfaAuthenticated",                                 \
        "userIdentity.sessionContext.sessionIssuer.arn",                                           \
        "userIdentity.sessionContext.sessionIssuer.userName", "requestParameters.bucketName",      \
        "requestParameters.userName", "requestParameters.roleName",                                \
        "responseElements.ConsoleLogin"

#endif

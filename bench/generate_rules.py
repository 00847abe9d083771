#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Any number of Sigma rules in the shape of real ones, for bench/run and bench/instructions.

bench/generate_rules.py FOLDER --count N [--source cloudtrail|s3access|syslog] [--seed N]
                        [--regex PERCENT]

The shape is that of the public CloudTrail rules, counted: nearly all name eventSource and eventName
by equality, a third with a list of up to seven names; 16 % have contains, startswith or endswith,
and in two of five of these it is all that leads to the rule; 2 % a regex around a literal; 12 % a
filter behind `not`; 9 % an errorCode. The names are made from verbs and nouns of AWS's vocabulary.
One rule in 25 names a call of bench/seeds' stream together with something that is rare there, so
that the stream makes candidates of rules and few of them match. Every fifth of the first 60 rules
looks for something that the stream has now and then (2 % of its records in all), so the alerts are
nearly as many with 60 rules as with 10,000. Rule number i depends on the source, the seed and i
alone: the first 10 of 1,000 rules are the 10 rules. --regex makes that percentage of the rules
regexes (the worst case among bench/run's series).
"""
import argparse
import os
import sys
import uuid

VERBS = """Create Delete Put Update Attach Detach Disable Enable Modify Associate Disassociate
Register Deregister Start Stop Add Remove Set Import Export Restore Copy Reset Revoke Authorize
Cancel Accept Reject Replace Release""".split()
NOUNS = """Policy PolicyVersion Role User Group Key Alias Grant Snapshot Image Volume Instance
Cluster Domain Detector Filter Stream Rule Target Trail Function LayerVersion Permission
Endpoint Certificate Secret Parameter Repository Template Stack Pipeline Workspace Subscription
Topic Queue Table Backup Vault Gateway Route Subnet Listener Distribution HostedZone RecordSet
Account Member Session Token Device Profile Application Deployment Task Service Container
Project Job Crawler Database Schedule Budget Contact Recorder Channel Aggregator Webhook
Connector Notification Lifecycle Encryption Logging Tagging Replication Acl Quota License
Access""".split()
SERVICES = """iam ec2 s3 kms lambda rds eks ecs ecr sns sqs dynamodb cloudtrail guardduty config
logs events route53 cloudfront elasticfilesystem glue athena redshift ssm sso organizations
securityhub macie2 waf acm-pca backup batch cloudformation codebuild codepipeline cognito-idp
directoryservice elasticache elasticloadbalancing emr es firehose inspector2 kinesis lightsail
sagemaker servicecatalog ses sts transfer workspaces""".split()
# Calls that bench/seeds/cloudtrail.seeds has.
STREAM = """kms/Decrypt kms/Encrypt kms/GenerateDataKey ec2/DescribeRouteTables
ec2/DescribeInstances ec2/DescribeSecurityGroups ec2/GetPasswordData ec2/RunInstances
iam/GetUser iam/GetRole iam/CreateRole iam/DeleteRole iam/CreateUser iam/CreateAccessKey
iam/AttachUserPolicy iam/ListRolePolicies ssm/GetParameter ssm/PutParameter ssm/DeleteParameter
ssm/DescribeParameters sts/AssumeRole sts/GetCallerIdentity secretsmanager/GetSecretValue
secretsmanager/DeleteSecret secretsmanager/CreateSecret s3/GetBucketAcl s3/PutBucketPolicy
s3/GetBucketPolicy rds/DescribeDBInstances signin/ConsoleLogin cloudtrail/StopLogging
cloudtrail/DescribeTrails guardduty/ListDetectors kms/ScheduleKeyDeletion""".split()
# Of the stream's values, those that few of its records have: what a rule finds there.
FOUND = {
    "cloudtrail": """signin/ConsoleLogin cloudtrail/DescribeTrails ec2/RunInstances
guardduty/ListDetectors ec2/AuthorizeSecurityGroupIngress iam/CreateAccessKey
iam/AttachUserPolicy s3/PutBucketPolicy iam/CreateUser cloudtrail/StopLogging
ec2/ModifySnapshotAttribute kms/ScheduleKeyDeletion""".split(),
    "s3access": ["REST.PUT.BUCKETPOLICY", "BATCH.DELETE.OBJECT"],
    "syslog": ["incorrect password attempts", "new user: name=", "FAILED SU (to root)"],
}
ERRORS = """AccessDenied AccessDeniedException Client.UnauthorizedOperation
Client.DryRunOperation NoSuchEntityException InvalidParameterValue ThrottlingException
ResourceNotFoundException ValidationException UnauthorizedOperation MalformedPolicyDocument
LimitExceededException""".split()
USER_TYPES = ["Root", "SAMLUser", "WebIdentityUser", "FederatedUser", "Directory",
              "IdentityCenterUser"]
SYLLABLES = """ka lo mi ra ten vor sal bi dun ex far gos hul jin kor lem nar op pri quo rud sin
tar ulm ved wex yar zon crypt shell root scan pwn drop load exec""".split()
TEXT_FIELDS = ["userAgent"] * 5 + [
    "requestParameters.policyDocument", "requestParameters.bucketName",
    "requestParameters.roleName", "requestParameters.userName", "userIdentity.arn",
    "errorMessage", "requestParameters.functionName",
    "userIdentity.sessionContext.sessionIssuer.arn"]
PROGRAMS = "sshd sudo su cron CRON kernel systemd nginx named vsftpd clamd dockerd auditd".split()


class Draw:
    """splitmix64: the same on every version of Python."""

    def __init__(self, *parts):
        self.state = 0
        for part in parts:
            for byte in str(part).encode() + b"/":
                self.state = (self.state * 0x100000001B3 ^ byte) & (1 << 64) - 1
        self.bits()

    def bits(self):
        self.state = self.state + 0x9E3779B97F4A7C15 & (1 << 64) - 1
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
        z = (z ^ z >> 27) * 0x94D049BB133111EB & (1 << 64) - 1
        return z ^ z >> 31

    def below(self, count):
        return self.bits() % count

    def chance(self, percent):
        return self.below(10000) < percent * 100

    def one(self, items):
        return items[self.below(len(items))]

    def word(self):
        """A literal that nothing but a rule contains: 6 to 14 characters."""
        return "".join(self.one(SYLLABLES) for _ in range(3 + self.below(3)))

    def list_len(self):
        """Values of a list as they were counted in public rules: two of three have one."""
        return self.one([1] * 20 + [2, 2, 2, 2, 3, 3, 4, 4, 5, 7])


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def entry(field, values):
    """One line of a selection, or a list when there is more than one value."""
    if len(values) == 1:
        return [f"        {field}: {quoted(values[0])}"]
    return [f"        {field}:"] + [f"            - {quoted(value)}" for value in values]


def text_modifier(draw):
    return draw.one(["contains"] * 6 + ["startswith", "endswith"])


def text_entry(draw):
    return entry(f"{draw.one(TEXT_FIELDS)}|{text_modifier(draw)}",
                 [draw.word() for _ in range(draw.list_len())])


def regex_entry(draw, field):
    shape = draw.one([r"{0}-[0-9a-f]{{4,8}}", r"(?:^|\W){0}/\d+\.\d+", r"{0}[a-z]{{0,6}}{1}",
                      r"{0}(?:{1}|\d{{2,4}})+$"])
    return entry(f"{field}|re", [shape.format(draw.word(), draw.word())])


def rare_on_stream(draw):
    """What narrows a call that the stream has, so that the rule seldom matches."""
    return draw.one([
        lambda: entry("userIdentity.type", [draw.one(USER_TYPES)]),
        lambda: entry("errorCode", [draw.one(ERRORS[3:])]),
        lambda: entry("awsRegion", [draw.one(["ap-east-1", "me-south-1", "af-south-1"])]),
        lambda: entry("userAgent|contains", [draw.word(), draw.one(["kali", "parrot", "pentoo"])]),
        lambda: entry("sourceIPAddress|cidr", [f"203.0.{draw.below(256)}.0/24"]),
    ])()


def found_rule(source, nth):
    """The detection of the nth rule that finds something on the stream; None when there is none."""
    if nth >= len(FOUND[source]):
        return None
    value = FOUND[source][nth]
    if source == "cloudtrail":
        service, name = value.split("/")
        return entry("eventSource", [f"{service}.amazonaws.com"]) + entry("eventName", [name])
    return entry("operation" if source == "s3access" else "message|contains", [value])


def cloudtrail_rule(draw, regex_percent):
    """(logsource lines, detection lines)"""
    named = draw.chance(4)
    service, name = draw.one(STREAM).split("/") if named else (draw.one(SERVICES), None)
    names = [name] if named else [draw.one(VERBS) + draw.one(NOUNS) for _ in range(draw.list_len())]
    calls = entry("eventSource", [f"{service}.amazonaws.com"]) + entry("eventName", names)
    detection, condition = ["    selection:"], "selection"
    if named:
        detection += calls + rare_on_stream(draw)
    elif draw.chance(regex_percent):
        detection += (calls if draw.chance(50) else []) + regex_entry(draw, "userAgent")
    elif draw.chance(16):
        detection += (calls if draw.chance(60) else []) + text_entry(draw)
    else:
        detection += calls
    if draw.chance(9):
        detection += ["    denied:"] + entry("errorCode", [draw.one(ERRORS)])
        condition += " and denied"
    if draw.chance(12):
        detection += ["    filter_main_own:"] + draw.one([
            lambda: entry("userAgent|contains", [draw.word()]),
            lambda: entry("userIdentity.type", ["AWSService"]),
            lambda: entry("sourceIPAddress|endswith", [".amazonaws.com"]),
            lambda: entry("userIdentity.arn|startswith",
                          [f"arn:aws:iam::111122223333:role/{draw.word()}"]),
        ])()
        condition += " and not 1 of filter_main_*"
    return ["    product: aws", "    service: cloudtrail"], detection, condition


def s3access_rule(draw, regex_percent):
    detection, condition = ["    selection:"], "selection"
    if draw.chance(regex_percent):
        detection += regex_entry(draw, "user_agent")
    elif draw.chance(40):
        detection += entry("operation", [
            f"REST.{draw.one(['PUT', 'DELETE', 'POST'])}.{draw.one(NOUNS).upper()}"
            for _ in range(draw.list_len())])
    elif draw.chance(10):
        detection += entry("operation", ["REST.GET.OBJECT"])
        detection += entry(f"key|{text_modifier(draw)}", [draw.word()])
    else:
        detection += entry(f"{draw.one(['user_agent', 'key', 'request_uri', 'requester'])}|"
                           f"{text_modifier(draw)}", [draw.word() for _ in range(draw.list_len())])
    if draw.chance(12):
        detection += ["    filter_main_own:"] + entry("requester|contains", [draw.word()])
        condition += " and not 1 of filter_main_*"
    return ["    product: aws", "    service: s3access"], detection, condition


def syslog_rule(draw, regex_percent):
    detection, condition = ["    selection:"], "selection"
    if draw.chance(regex_percent):
        detection += regex_entry(draw, "message")
    elif draw.chance(30):
        detection = ["    keywords:"]
        detection += [f"        - {quoted(draw.word() + ' ' + draw.word())}"
                      for _ in range(draw.list_len())]
        condition = "keywords"
    else:
        modifier = draw.one(["contains"] * 8 + ["startswith"])
        shapes = ["{0}", "{0} {1}", "/{0}/{1}"]
        detection += entry(f"message|{modifier}",
                           [draw.one(shapes).format(draw.word(), draw.word())
                            for _ in range(draw.list_len())])
        if draw.chance(20):
            detection += entry("program", [draw.one(PROGRAMS)])
    if draw.chance(12):
        detection += ["    filter_main_own:"] + entry("message|contains", [draw.word()])
        condition += " and not 1 of filter_main_*"
    return ["    product: linux"], detection, condition


MAKERS = {"cloudtrail": cloudtrail_rule, "s3access": s3access_rule, "syslog": syslog_rule}


def rule(source, seed, number, regex_percent):
    draw = Draw(source, seed, number)
    logsource, detection, condition = MAKERS[source](draw, regex_percent)
    found = found_rule(source, number // 5) if number % 5 == 4 else None
    if found:
        detection, condition = ["    selection:", *found], "selection"
    level = draw.one(["low", "medium", "medium", "high"])
    return "\n".join([
        f"title: Generated {source} rule {number}",
        f"id: {uuid.uuid5(uuid.NAMESPACE_URL, f'{source}/{seed}/{number}')}", "status: test",
        "logsource:", *logsource, "detection:", *detection, f"    condition: {condition}",
        f"level: {level}", ""])


def write_rules(folder, source, count, seed=0, regex_percent=2.0):
    """Writes rules 0 to count-1, a file each."""
    os.makedirs(folder, exist_ok=True)
    for number in range(count):
        with open(os.path.join(folder, f"{source}_{number:05}.yml"), "w", encoding="utf-8") as file:
            file.write(rule(source, seed, number, regex_percent))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--source", choices=sorted(MAKERS), default="cloudtrail")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--regex", type=float, default=2.0, metavar="PERCENT")
    arguments = parser.parse_args()
    if arguments.count < 1:
        parser.error("--count is at least 1")
    write_rules(arguments.folder, arguments.source, arguments.count, arguments.seed,
                arguments.regex)
    return 0


if __name__ == "__main__":
    sys.exit(main())

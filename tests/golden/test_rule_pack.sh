#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rule_pack.sh - each rule of rules/ fires on what it describes and not on what is next to it;
# together with the samples every rule that alerts has fired.
# Called as: bash test_rule_pack.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
source_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source_dir"
mkdir "$work/bad" "$work/good"

# call SERVICE NAME REQUEST [MORE]: a CloudTrail record of user mallory; MORE are further members,
# each with a comma in front.
calls=0
call() {
    calls=$((calls + 1))
    printf '{"eventVersion":"1.11","userIdentity":%s,"eventTime":"2026-03-02T10:%02d:%02dZ",' \
        "${identity:-{\"type\":\"IAMUser\",\"arn\":\"arn:aws:iam::111122223333:user/mallory\"\}}" \
        $((calls / 60)) $((calls % 60))
    printf '"eventSource":"%s.amazonaws.com","eventName":"%s","sourceIPAddress":"198.51.100.7",' \
        "$1" "$2"
    printf '"requestParameters":%s,"eventID":"%d"%s}\n' "$3" "$calls" "${4:-}"
}
denied=',"errorCode":"AccessDenied"'
root='{"type":"Root","arn":"arn:aws:iam::111122223333:root"}'
role='{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/x/y"}'
signed_in=',"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":'

{
    identity=$root call signin ConsoleLogin null "$signed_in\"Yes\"}"
    identity=$root call ec2 RunInstances null
    call signin ConsoleLogin null "$signed_in\"No\"}"
    call cloudtrail PutEventSelectors '{"eventSelectors":[{"includeManagementEvents":false}]}'
    call cloudtrail UpdateTrail '{"name":"t","isMultiRegionTrail":false}'
    call config StopConfigurationRecorder '{"configurationRecorderName":"default"}'
    call s3 PutBucketAcl '{"bucketName":"b","x-amz-acl":["public-read"]}'
    call s3 PutObjectAcl '{"AccessControlPolicy":{"AccessControlList":{"Grant":[{"Grantee":
        {"ID":"1"}},{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AllUsers"}}]}}}' |
        tr -d '\n' && echo
    call s3 DeleteBucketPublicAccessBlock '{"bucketName":"b","publicAccessBlock":""}'
    call s3 PutAccountPublicAccessBlock '{"PublicAccessBlockConfiguration":
        {"BlockPublicAcls":true,"RestrictPublicBuckets":false}}' | tr -d '\n' && echo
    call ec2 ModifySnapshotAttribute '{"createVolumePermission":{"add":{"items":[{"userId":"4"}]}}}'
    call ec2 ModifySnapshotAttribute '{"createVolumePermission":{"add":{"items":[{"group":"all"}]}}}'
    call ec2 ModifyImageAttribute '{"launchPermission":{"add":{"items":[{"group":"all"}]}}}'
    call ec2 GetPasswordData '{"instanceId":"i-1"}'
    call ec2 DescribeInstanceAttribute '{"instanceId":"i-1","attribute":"userData"}'
    call ec2 AuthorizeSecurityGroupIngress '{"groupId":"sg-1","cidrIp":"0.0.0.0/0"}'
    call ec2 ModifySecurityGroupRules '{"ModifySecurityGroupRulesRequest":{"SecurityGroupRule":
        {"SecurityGroupRule":{"CidrIpv6":"::/0"}}}}' | tr -d '\n' && echo
    call guardduty UpdateDetector '{"detectorId":"1","enable":false}'
    for n in 1 2 3 4 5 6 7 8 9 10; do
        call secretsmanager GetSecretValue "{\"secretId\":\"s$n\"}"
    done
    for _ in 1 2 3 4 5; do
        call sts AssumeRole null "$denied"
    done
} >"$work/bad/cloudtrail.jsonl"

{
    call signin ConsoleLogin null "$signed_in\"Yes\"}"
    identity=${root%\}},\"invokedBy\":\"x.amazonaws.com\"\} call ec2 RunInstances null
    identity=$root call kms RotateKey null ',"eventType":"AwsServiceEvent"'
    identity=$role call signin ConsoleLogin null "$signed_in\"No\"}"
    call cloudtrail PutEventSelectors '{"eventSelectors":[{"includeManagementEvents":true}]}'
    call cloudtrail UpdateTrail '{"name":"t","isMultiRegionTrail":true}'
    call config StopConfigurationRecorder null "$denied"
    call s3 PutBucketAcl '{"bucketName":"b","x-amz-acl":["private"]}'
    call s3 PutBucketPublicAccessBlock '{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true}}'
    call s3 DeleteBucketPublicAccessBlock '{"bucketName":"b"}' "$denied"
    call ec2 ModifySnapshotAttribute '{"createVolumePermission":{"remove":{"items":[{"userId":"4"}]}}}'
    call ec2 ModifyImageAttribute '{"launchPermission":{"add":{"items":[{"group":"all"}]}}}' "$denied"
    call ec2 DescribeInstanceAttribute '{"instanceId":"i-1","attribute":"instanceType"}'
    call ec2 AuthorizeSecurityGroupIngress '{"groupId":"sg-1","cidrIp":"192.0.2.0/24"}'
    call guardduty UpdateDetector '{"detectorId":"1","enable":true}'
    for n in 1 2 3 4 5 6 7 8 9 9 9; do
        call secretsmanager GetSecretValue "{\"secretId\":\"s$n\"}"
    done
    for _ in 1 2 3 4; do
        call sts AssumeRole null "$denied"
    done
} >"$work/good/cloudtrail.jsonl"

# request REQUESTER OPERATION STATUS NUMBER BUCKET KEY: an S3 access log line.
request() {
    printf '%064d %s [02/Mar/2026:10:%02d:%02d +0000] 198.51.100.7 %s R%d %s %s "GET /%s HTTP/1.1" ' \
        1 "$5" $(($4 / 60)) $(($4 % 60)) "$1" "$4" "$2" "$6" "$6"
    printf '%d - 1 1 1 1 "-" "-" - H - TLS - b.s3.amazonaws.com TLSv1.3 - -\n' "$3"
}
# requests: request of each number from 1 to $1, %N in the others being that number.
requests() {
    local n
    for ((n = 1; n <= $1; n++)); do
        request "$2" "$3" "$4" "$n" "${5//%N/$n}" "${6//%N/$n}"
    done
}
{
    requests 50 - REST.GET.OBJECT 200 b k%N
    requests 50 arn:aws:iam::1:user/x REST.PUT.OBJECT 403 b k
    requests 5 arn:aws:iam::1:user/x REST.GET.BUCKET 200 b%N -
} >"$work/bad/s3.log"
{
    requests 60 - REST.GET.OBJECT 200 b same
    requests 60 arn:aws:iam::1:user/x REST.GET.OBJECT 200 b k%N
    requests 49 arn:aws:iam::1:user/x REST.PUT.OBJECT 403 b k
    requests 9 arn:aws:iam::1:user/x REST.GET.BUCKET 200 b -
} >"$work/good/s3.log"

# line SECOND PROGRAM TEXT: a syslog line.
line() {
    printf '2026-03-02T10:00:%02d+00:00 host %s: %s\n' "$1" "$2" "$3"
}
{
    for n in 1 2 3 4 5 6 7 8 9 10; do
        line "$n" "sshd[1]" "Invalid user u$n from 198.51.100.7 port 4$n"
    done
    line 11 sudo '  eve : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh'
    line 12 'su[2]' 'FAILED SU (to root) eve on pts/0'
    line 13 'useradd[3]' 'new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/sh'
    line 14 'crontab[4]' '(eve) REPLACE (eve)'
    line 15 kernel '[ 12.345] device eth0 entered promiscuous mode'
    line 16 'gpasswd[5]' 'user eve added by root to group sudo'
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        line $((20 + n)) kernel "IN=eth0 OUT= SRC=198.51.100.7 DST=192.0.2.1 PROTO=TCP SPT=5 DPT=$n"
    done
} >"$work/bad/auth.log"
{
    for n in 1 2 3 4 5 6 7 8 9 9 9 9; do
        line "$n" "sshd[1]" "Invalid user u$n from 198.51.100.7 port 4$n"
    done
    line 11 sudo '  eve : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls'
    line 12 'su[2]' '(to root) eve on pts/0'
    line 13 'usermod[3]' "add 'eve' to group 'audio'"
    line 14 'CRON[4]' '(root) CMD (true)'
    line 15 kernel '[ 12.345] device eth0 left promiscuous mode'
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 14 14; do
        line $((20 + n)) kernel "IN=eth0 OUT= SRC=198.51.100.7 DST=192.0.2.1 PROTO=TCP SPT=5 DPT=$n"
    done
} >"$work/good/auth.log"

# titles FOLDER: the titles of the alerts of its logs.
titles() {
    "$tocsin" scan --rules rules --format json --dead-letter "$work/dead_letters" "$1" 2>"$work/log" |
        sed -n 's/.*"rule":{"id":"[^"]*","name":"\([^"]*\)".*/\1/p'
    if [ -s "$work/dead_letters" ]; then
        echo 'dead letters:'
        head -n 1 "$work/dead_letters"
    fi
}

titles "$work/good" >"$work/got"
if [ -s "$work/got" ]; then
    echo 'FAILED: fired on what is no attack:'
    cat "$work/got"
    exit 1
fi

LC_ALL=C sort >"$work/want" <<'END'
1 AWS Config switched off
1 Account added to an administrators' group
1 Account created
1 Change to another user refused
1 Crontab changed
1 GuardDuty detector removed or suspended
1 IAM user signed in without MFA
1 Machine image shared
1 Many buckets listed from one address
1 Many objects read by an anonymous client
1 Many requests refused from one address
1 Many secrets read by one identity
1 Names of users guessed over SSH
1 Network interface in promiscuous mode
1 Password of a Windows instance asked for
1 Ports scanned from one address
1 Roles refused again and again
1 Root user called the API
1 Root user signed in to the console
1 Sudo refused
1 User data of an instance read
2 Block of public access removed
2 CloudTrail logging switched off
2 Bucket or object opened by its ACL
2 Security group opened to every address
2 Snapshot of a disk shared
END
titles "$work/bad" >"$work/bad_titles"
LC_ALL=C sort "$work/bad_titles" | uniq -c | sed 's/^ *//' | LC_ALL=C sort >"$work/got"
diff "$work/want" "$work/got"

# Rules of level informational are the parts of correlations, which are silent.
"$tocsin" rules list rules | awk '$2 != "informational"' | wc -l >"$work/count"
titles deploy/samples >"$work/sample_titles"
LC_ALL=C sort -u "$work/bad_titles" "$work/sample_titles" | wc -l >"$work/fired"
if ! cmp -s "$work/count" "$work/fired"; then
    echo "FAILED: $(cat "$work/count") rules alert, but $(cat "$work/fired") have fired here"
    exit 1
fi

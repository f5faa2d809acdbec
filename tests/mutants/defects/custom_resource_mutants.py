"""Defects in the custom resource that sets the bucket's notifications."""

from tests.mutants.mutant import Edit, Mutant, template

_AWS = "https://docs.aws.amazon.com/"
_ANSWERS = f"{_AWS}AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html"
_REQUESTS = f"{_AWS}AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html"
_NOTIFICATION = f"{_AWS}AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html"

# Otherwise a stack waits two minutes for the answer that does not come.
_BRIEF = [
    template("ServiceTimeout: 120", "ServiceTimeout: 20"),
    template("Timeout: 60", "Timeout: 20", "BucketNotificationsFunction"),
]


def _in(old: str, new: str) -> Edit:
    return Edit("lambda/bucket_notifications/handler.py", old, new)


MUTANTS = [
    Mutant(
        "no-answer",
        "CloudFormation is not answered",
        [
            _in("    answer(event, status=status, reason=reason, physical_id=physical_id)\n", ""),
            *_BRIEF,
        ],
        "The stack waits for ServiceTimeout, then fails and rolls back.",
        f"{_AWS}AWSCloudFormation/latest/UserGuide/template-custom-resources.html",
        "deploy",
    ),
    Mutant(
        "answer-of-another-stack",
        "The answer has another StackId than the request",
        [_in('"StackId": event["StackId"]', '"StackId": event["RequestId"]'), *_BRIEF],
        "The resource fails: the response does not fit the request.",
        _ANSWERS,
        "deploy",
    ),
    Mutant(
        "answer-without-a-physical-id",
        "PhysicalResourceId is missing",
        [_in('            "PhysicalResourceId": physical_id,\n', ""), *_BRIEF],
        "The resource fails: Invalid PhysicalResourceId.",
        _ANSWERS,
        "deploy",
    ),
    Mutant(
        "answer-by-post",
        "The answer is sent with POST",
        [_in('method="PUT"', 'method="POST"'), *_BRIEF],
        "The URL is signed for PUT: SignatureDoesNotMatch, and the stack waits in vain.",
        _ANSWERS,
        "deploy",
    ),
    Mutant(
        "answer-with-a-content-type",
        "urllib adds a content type that is not in the signature",
        [_in(', headers={"Content-Type": ""}', ""), *_BRIEF],
        "The URL is signed without one: SignatureDoesNotMatch, and the stack waits in vain.",
        f"{_AWS}AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html",
        "deploy",
    ),
    Mutant(
        "success-whatever-happened",
        "A refusal of S3 is answered with SUCCESS",
        [_in('status, reason = "FAILED", f"', 'status, reason = "SUCCESS", f"')],
        "The stack is complete, and pictures are stored and nothing happens.",
        _ANSWERS,
        "wiring",
    ),
    Mutant(
        "others-are-wiped",
        "Notifications of others on the bucket are replaced",
        [
            _in(
                '"LambdaFunctionConfigurations": [*others, *entries]',
                '"LambdaFunctionConfigurations": [*entries]',
            )
        ],
        "S3 replaces the whole configuration: the others are gone.",
        _NOTIFICATION,
        "wiring",
    ),
    Mutant(
        "delete-fails",
        "Whatever is to be deleted, it is refused",
        [
            _in(
                '    if event["RequestType"] == "Delete":\n',
                '    if event["RequestType"] == "Delete":\n        raise ValueError("no")\n',
            )
        ],
        "DELETE_FAILED: the stack cannot be deleted.",
        _REQUESTS,
        "wiring",
    ),
    Mutant(
        "delete-leaves-the-notifications",
        "A delete is answered and nothing is done",
        [_in('        remove(event["ResourceProperties"], physical_id, s3)\n', "")],
        "The bucket goes on to tell a function that is no longer there.",
        _REQUESTS,
        "wiring",
    ),
    Mutant(
        "new-id-with-every-update",
        "The physical id is the request's",
        [_in("    return wanted.physical_id\n", '    return str(event["RequestId"])\n')],
        "Every update replaces the resource: CloudFormation then deletes the one just set.",
        _REQUESTS,
        "wiring",
    ),
    Mutant(
        "only-small-uploads",
        "Only s3:ObjectCreated:Put is listened to",
        [_in('"Events": ["s3:ObjectCreated:*"]', '"Events": ["s3:ObjectCreated:Put"]')],
        "Large files, uploaded in parts, are stored and nothing happens.",
        f"{_AWS}AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html",
        "contract",
    ),
    Mutant(
        "event-that-s3-does-not-have",
        "s3:ObjectCreate:*",
        [_in('"Events": ["s3:ObjectCreated:*"]', '"Events": ["s3:ObjectCreate:*"]')],
        "PutBucketNotification fails: the event is not supported.",
        _NOTIFICATION,
        "deploy",
    ),
    Mutant(
        "update-forgets-its-former-name",
        "OldResourceProperties are not looked at",
        [_in('        owners.add(old["IdPrefix"])\n', "        pass\n")],
        "With another IdPrefix, the old entries overlap with the new ones: the update fails.",
        f"{_AWS}AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html",
        "wiring",
    ),
    Mutant(
        "answers-before-it-has-done-anything",
        "SUCCESS is sent first, and a second answer afterwards",
        [
            _in(
                '    status, reason = "SUCCESS", "done"\n',
                (
                    '    status, reason = "SUCCESS", "done"\n'
                    "    answer(event, status=status, reason=reason, physical_id=physical_id)\n"
                ),
            )
        ],
        "The first answer counts: a failure is never seen, and the id is that of nothing.",
        f"{_AWS}AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html",
        "wiring",
    ),
    Mutant(
        "update-removes-first",
        "An update takes the notifications off before it sets them again",
        [
            _in(
                "    converge(s3, wanted.bucket, owners, wanted.entries())\n",
                '    if event["RequestType"] == "Update":\n'
                "        converge(s3, wanted.bucket, owners, [])\n"
                "    converge(s3, wanted.bucket, owners, wanted.entries())\n",
            )
        ],
        "S3 tells nobody of what is uploaded in between.",
        _NOTIFICATION,
        "wiring",
    ),
]

"""Defects in the custom resource that sets the bucket's notifications."""

from tests.mutants.code_edits import Rewrite, SetArgument, SetEntry
from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Set

_HANDLER = "bucket_notifications/handler"
# Otherwise a stack waits two minutes for the answer that does not come.
_BRIEF = [
    Set("BucketNotifications.Properties.ServiceTimeout", "20"),
    Set("BucketNotificationsFunction.Properties.Timeout", "20"),
]
_AWS = "https://docs.aws.amazon.com/"
_ANSWERS = f"{_AWS}AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html"
_NOTIFICATION = f"{_AWS}AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html"
_REQUESTS = f"{_AWS}AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html"

MUTANTS = [
    Mutant(
        "no-answer",
        "CloudFormation is not answered",
        [Rewrite(_HANDLER, "handler", "answer($...ARGS)", "pass"), *_BRIEF],
        "The stack waits for ServiceTimeout, then fails and rolls back.",
        f"{_AWS}AWSCloudFormation/latest/UserGuide/template-custom-resources.html",
        "deploy",
    ),
    Mutant(
        "answer-of-another-stack",
        "The answer has another StackId than the request",
        [SetEntry(_HANDLER, "answer", "StackId", 'event["RequestId"]'), *_BRIEF],
        "The resource fails: the response does not fit the request.",
        _ANSWERS,
        "deploy",
    ),
    Mutant(
        "answer-without-a-physical-id",
        "PhysicalResourceId is missing",
        [SetEntry(_HANDLER, "answer", "PhysicalResourceId", None), *_BRIEF],
        "The resource fails: Invalid PhysicalResourceId.",
        _ANSWERS,
        "deploy",
    ),
    Mutant(
        "answer-by-post",
        "The answer is sent with POST",
        [SetArgument(_HANDLER, "answer", "method", '"POST"'), *_BRIEF],
        "The URL is signed for PUT: SignatureDoesNotMatch, and the stack waits in vain.",
        _ANSWERS,
        "deploy",
    ),
    Mutant(
        "answer-with-a-content-type",
        "urllib adds a content type that is not in the signature",
        [SetArgument(_HANDLER, "answer", "headers", None), *_BRIEF],
        "The URL is signed without one: SignatureDoesNotMatch, and the stack waits in vain.",
        f"{_AWS}AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html",
        "deploy",
    ),
    Mutant(
        "success-whatever-happened",
        "A refusal of S3 is answered with SUCCESS",
        [
            Rewrite(
                _HANDLER,
                "handler",
                'status, reason = "FAILED", $X',
                'status, reason = "SUCCESS", $X',
            )
        ],
        "The stack is complete, and pictures are stored and nothing happens.",
        _ANSWERS,
        "wiring",
    ),
    Mutant(
        "others-are-wiped",
        "Notifications of others on the bucket are replaced",
        [Rewrite(_HANDLER, "merged", "[*others, *entries]", "[*entries]")],
        "S3 replaces the whole configuration: the others are gone.",
        _NOTIFICATION,
        "wiring",
    ),
    Mutant(
        "delete-fails",
        "Whatever is to be deleted, it is refused",
        [
            Rewrite(
                _HANDLER,
                "carry_out",
                'if event["RequestType"] == "Delete":\n    $...BODY',
                'if event["RequestType"] == "Delete":\n    raise ValueError("no")\n    $...BODY',
            )
        ],
        "DELETE_FAILED: the stack cannot be deleted.",
        _REQUESTS,
        "wiring",
    ),
    Mutant(
        "delete-leaves-the-notifications",
        "A delete is answered and nothing is done",
        [Rewrite(_HANDLER, "carry_out", "remove($...ARGS)", "pass")],
        "The bucket goes on to notify a function that is no longer there.",
        _REQUESTS,
        "wiring",
    ),
    Mutant(
        "new-id-with-every-update",
        "The physical id is the request's",
        [
            Rewrite(
                _HANDLER, "carry_out", "return wanted.physical_id", 'return str(event["RequestId"])'
            )
        ],
        "Every update replaces the resource: CloudFormation then deletes the one just set.",
        _REQUESTS,
        "wiring",
    ),
    Mutant(
        "only-small-uploads",
        "Only s3:ObjectCreated:Put is listened to",
        [Rewrite(_HANDLER, "entries", '["s3:ObjectCreated:*"]', '["s3:ObjectCreated:Put"]')],
        "Large files, uploaded in parts, are stored and nothing happens.",
        f"{_AWS}AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html",
        "contract",
    ),
    Mutant(
        "event-that-s3-does-not-have",
        "s3:ObjectCreate:*",
        [Rewrite(_HANDLER, "entries", '["s3:ObjectCreated:*"]', '["s3:ObjectCreate:*"]')],
        "PutBucketNotification fails: the event is not supported.",
        _NOTIFICATION,
        "deploy",
    ),
    Mutant(
        "update-forgets-its-former-name",
        "OldResourceProperties are not looked at",
        [Rewrite(_HANDLER, "carry_out", "owners.add($X)", "pass")],
        "With another IdPrefix, the old entries overlap with the new ones: the update fails.",
        f"{_AWS}AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html",
        "wiring",
    ),
    Mutant(
        "answers-before-it-has-done-anything",
        "SUCCESS is sent first, and a second answer afterwards",
        [
            Rewrite(
                _HANDLER,
                "handler",
                'status, reason = "SUCCESS", $X',
                (
                    'status, reason = "SUCCESS", $X\n'
                    "answer(event, status=status, reason=reason, physical_id=physical_id)"
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
            Rewrite(
                _HANDLER,
                "carry_out",
                "converge($...ARGS)",
                (
                    'if event["RequestType"] == "Update":\n'
                    "    converge(s3, wanted.bucket, owners, [])\n"
                    "converge($...ARGS)"
                ),
            )
        ],
        "S3 notifies nobody of what is uploaded in between.",
        _NOTIFICATION,
        "wiring",
    ),
]

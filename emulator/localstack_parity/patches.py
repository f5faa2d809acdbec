"""Every attribute of LocalStack, or of another package, that this distribution replaces.

Everything else is done with providers, handlers and hooks, which LocalStack has for it: plugins.py
lists those. A patch can break with each release of LocalStack, so each stands here with its reason;
a test finds them in the code and holds this list to them.
"""

from dataclasses import dataclass

SAME = "same answers, sooner or in less memory"


@dataclass(frozen=True)
class Patch:
    """One attribute that is replaced, of a module or class or of an instance that a hook gets, and
    the row of FIDELITY.md that this is for; `SAME` if answers stay as they are.
    """

    module: str  # below localstack_parity
    target: str
    reason: str
    row: str


_CFN = "localstack.services.cloudformation"
_INVOCATION = "localstack.services.lambda_.invocation"
_PARSER = "localstack.aws.protocol.parser"

PATCHES = (
    Patch(
        "addresses.py",
        "localstack.services.sqs.models.SqsQueue.url",
        "queue URLs lead to the address that the client used, without DNS",
        "111c",
    ),
    Patch(
        "addresses.py",
        "localstack.services.s3.utils.uses_host_addressing",
        "a bucket before any name of the emulator is a bucket",
        "111c",
    ),
    Patch(
        "addresses.py",
        "localstack.aws.protocol.service_router.uses_host_addressing",
        "the same, where LocalStack imported it",
        "111c",
    ),
    Patch(
        "addresses.py",
        "localstack.services.s3.presigned_url.uses_host_addressing",
        "the same, where LocalStack imported it",
        "111c",
    ),
    Patch(
        "authentication/gate.py",
        "localstack.services.s3.provider.AwsChunkedDecoder",
        "chunks were verified and decoded before",
        "55c",
    ),
    Patch(
        "authentication/gate.py",
        "localstack.services.s3.provider.validate_post_policy",
        "a form is held to its policy, field by field",
        "55f",
    ),
    Patch(
        "authentication/keys.py",
        "sys.modules[…].INTERNAL_AWS_SECRET_ACCESS_KEY",
        "nobody outside can know the secret of LocalStack's own calls",
        "55a",
    ),
    Patch(
        "bad_requests.py",
        f"{_PARSER}.RequestParser.[name]",
        "_parse_integer and _parse_long take what fits 32 and 64 bits",
        "115b",
    ),
    Patch(
        "bad_requests.py",
        f"{_PARSER}.BaseJSONRequestParser._parse_body_as_json",
        "a document is not null",
        "115b",
    ),
    Patch(
        "bad_requests.py",
        f"{_PARSER}.BaseJSONRequestParser._parse_string",
        "a text is a text, and nothing else",
        "115b",
    ),
    Patch(
        "bad_requests.py",
        f"{_PARSER}.BaseJSONRequestParser._parse_list",
        "a list is a list, and nothing else",
        "115b",
    ),
    Patch(
        "bad_requests.py",
        f"{_PARSER}.BaseCBORRequestParser._parse_string",
        "a text is a text, and nothing else",
        "115b",
    ),
    Patch(
        "bad_requests.py",
        f"{_PARSER}.BaseCBORRequestParser._parse_list",
        "a list is a list, and nothing else",
        "115b",
    ),
    Patch(
        "bad_requests.py",
        f"{_PARSER}.QueryRequestParser._parse_string",
        "a form's field is a text, and nothing else",
        "115b",
    ),
    Patch(
        "bad_requests.py",
        f"{_PARSER}.RestXMLRequestParser._initial_body_parse",
        "a body that is no XML is MalformedXML",
        "55e",
    ),
    Patch(
        "bad_requests.py",
        "localstack.aws.handlers.service.ServiceExceptionSerializer.create_exception_response",
        "what the caller did wrong is answered with 4xx",
        "115b",
    ),
    Patch(
        "chaos/clock.py",
        "localstack.config.LAMBDA_RETRY_BASE_DELAY_SECONDS",
        "faults on purpose: retries come sooner when somebody asks for it",
        "99",
    ),
    Patch(
        "cloudformation/acting.py",
        f"{_CFN}.engine.v2.change_set_model_preproc.perform_dynamic_reference_lookup",
        "dynamic references are read with the rights of who acts on the stack",
        "64",
    ),
    Patch(
        "cloudformation/acting.py",
        f"{_CFN}.engine.v2.change_set_model_preproc.ChangeSetModelPreproc._maybe_perform_dynamic_replacements",
        "that what the former template refers to is gone is no failure",
        "64",
    ),
    Patch(
        "cloudformation/acting.py",
        f"{_CFN}.v2.provider.resolve_ssm_parameter",
        "parameters of the Parameter Store are read with the rights of who acts on the stack",
        "64",
    ),
    Patch(
        "cloudformation/acting.py",
        f"{_CFN}.engine.v2.change_set_model_transform.connect_to",
        "macros are invoked with the rights of who acts on the stack",
        "64",
    ),
    Patch(
        "cloudformation/acting.py",
        f"{_CFN}.engine.v2.change_set_model_transform.ChangeSetModelTransform._invoke_macro",
        "a macro that may not be invoked fails the change set, and gets no section Transform",
        "64",
    ),
    Patch(
        "cloudformation/acting.py",
        f"{_CFN}.engine.v2.change_set_model_transform.ChangeSetModelTransform._compute_include_transform",
        "AWS::Include reads with the rights of who acts on the stack, and fails in AWS's words",
        "64",
    ),
    Patch(
        "cloudformation/events.py",
        f"{_CFN}.v2.entities.Stack._store_event",
        "events have their request's token and the id of their operation",
        "33f",
    ),
    Patch(
        "cloudformation/executor.py",
        f"{_CFN}.v2.entities.Stack.set_stack_status",
        "a stack that exists is not under review, and an event comes before its status",
        "39f",
    ),
    Patch(
        "cloudformation/literals.py",
        f"{_CFN}.engine.template_preparer.parse_template",
        "literals of Fn::Sub stay text",
        "62",
    ),
    Patch(
        "cloudformation/notifications.py",
        f"{_CFN}.v2.entities.Stack._store_event",
        "events are published to the stack's topics",
        "38b",
    ),
    Patch(
        "cloudformation/properties/__init__.py",
        f"{_CFN}.resource_provider.CloudFormationResourceProviderPlugin.factory",
        "types whose properties LocalStack drops or never updates have our providers",
        "18",
    ),
    Patch(
        "cloudformation/pseudo_parameters.py",
        f"{_CFN}.engine.v2.change_set_model_preproc.ChangeSetModelPreproc._resolve_pseudo_parameter",
        "AWS::URLSuffix and AWS::NotificationARNs have their values",
        "38b",
    ),
    Patch(
        "cloudformation/pseudo_parameters.py",
        f"{_CFN}.engine.v2.change_set_model_preproc.ChangeSetModelPreproc.visit_node_property",
        "a parameter that is AWS::NoValue leaves a property out",
        "38f",
    ),
    Patch(
        "cloudformation/template_addresses.py",
        f"{_CFN}.engine.v2.change_set_model_preproc.ChangeSetModelPreproc._perform_static_replacements",
        "a template's addresses of APIs lead to the emulator",
        "111c",
    ),
    Patch(
        "cloudformation/reading.py",
        f"{_CFN}.engine.template_preparer.parse_template",
        "a text that is no template is refused",
        "33e",
    ),
    Patch(
        "cloudformation/reading.py",
        f"{_CFN}.engine.yaml_parser.customloader.compose_node",
        "a template that is nested deeply is refused as it is read",
        "33e",
    ),
    Patch(
        "cloudformation/stacks.py",
        f"{_CFN}.v2.provider.find_stack_v2",
        "an ARN that no stack has is treated as a name that none has",
        "115b",
    ),
    Patch(
        "events/patterns.py",
        "localstack.services.events.event_rule_engine.EventRuleEngine._evaluate_wildcard",
        "wildcards are matched in time proportional to the event",
        "115d",
    ),
    Patch(
        "cloudformation/change_details.py",
        f"{_CFN}.engine.v2.change_set_model_describer.ChangeSetModelDescriber._register_resource_change",
        "values of a resource without properties can be asked for",
        "132",
    ),
    Patch(
        "lambda_runtime/changes.py",
        "localstack.services.lambda_.provider.LambdaService",
        "creating and updating a function takes a moment, in which no other change is taken",
        "137",
    ),
    Patch(
        "lambda_runtime/configurations.py",
        "localstack.services.lambda_.api_utils.map_config_out",
        "a configuration names the version of its runtime, and what a VPC lets out",
        "133",
    ),
    Patch(
        "iam/federation.py",
        "moto.sts.responses.TokenResponse.get_federation_token",
        "a federated user gets keys that can be used",
        "55i",
    ),
    Patch(
        "iam/simulation.py",
        "localstack.services.iam.resources.policy_simulator.BasicIAMPolicySimulator"
        ".simulate_principal_policy",
        "a simulation decides as requests are decided",
        "74b",
    ),
    Patch(
        "iam/managed_policies.py",
        "moto.iam.models.IAMBackend._init_aws_policies",
        "AWS's own policies are made at the installation, not for each account",
        SAME,
    ),
    Patch(
        "lambda_runtime/function_urls.py",
        "localstack.services.lambda_.urlrouter.FunctionUrlRouter.handle_lambda_url_invocation",
        "a function URL is a path of the emulator",
        "111c",
    ),
    Patch(
        "lambda_runtime/function_urls.py",
        "localstack.services.lambda_.urlrouter.event_for_lambda_url",
        "the event says who asks, and has a trace",
        "111c",
    ),
    Patch(
        "lambda_runtime/guard.py",
        "localstack.config.BUCKET_MARKER_LOCAL",
        "no template deploys a folder of this machine as code",
        "67b",
    ),
    Patch(
        "lambda_runtime/invoking.py",
        f"{_INVOCATION}.assignment.ExecutionEnvironment",
        "environments are reused, and end, as on AWS",
        "83",
    ),
    Patch(
        "lambda_runtime/invoking.py",
        f"{_INVOCATION}.lambda_service.LambdaEventManager",
        "asynchronous events are retried as on AWS",
        "99",
    ),
    Patch(
        "lambda_runtime/invoking.py",
        f"{_INVOCATION}.version_manager.LambdaVersionManager.log_handler",
        "log lines are written in batches, as records",
        "118a",
    ),
    Patch(
        "lambda_runtime/invoking.py",
        f"{_INVOCATION}.version_manager.LambdaVersionManager.invoke",
        "an environment is reused, and counted",
        "83",
    ),
    Patch(
        "lambda_runtime/invoking.py",
        f"{_INVOCATION}.version_manager.LambdaVersionManager.stop",
        "an update leaves running invocations their code",
        "89",
    ),
    Patch(
        "lambda_runtime/packages.py",
        f"{_INVOCATION}.lambda_service.get_unzipped_size",
        "a package is checked when it is uploaded",
        "90b",
    ),
    Patch(
        "lambda_runtime/packages.py",
        f"{_INVOCATION}.lambda_models.unzip",
        "links stay links, and nothing is written outside",
        "90b",
    ),
    Patch(
        "lambda_runtime/packages.py",
        f"{_INVOCATION}.lambda_models.chmod_r",
        "modes are set while unpacking, without following links",
        "90b",
    ),
    Patch(
        "lambda_runtime/queue_events.py",
        "localstack.services.lambda_.event_source_mapping.pollers.sqs_poller.SqsPoller.add_source_metadata",
        "messages of a queue have the digest and the lists that AWS sends",
        "138",
    ),
    Patch(
        "launch.py", "tempfile.tempdir", "temporary files are below the emulator's folder", "119"
    ),
    Patch(
        "logs/streams.py",
        "moto.logs.models.LogStream",
        "events are on disk; subscriptions match as metric filters do, and have no write fail",
        "28b",
    ),
    Patch(
        "nesting.py",
        "json.JSONDecoder.raw_decode",
        "text that is nested too deeply is bad input",
        "115c",
    ),
    Patch(
        "plugins.py",
        "localstack.services.lambda_.provider.LambdaProvider.layer_fetcher",
        "layers of other accounts are refused, not fetched",
        "97b",
    ),
    Patch(
        "refusals.py",
        "localstack.aws.skeleton.Skeleton.on_not_implemented_error",
        "what is not emulated is refused in one sentence",
        "61b",
    ),
    Patch(
        "refusals.py",
        "localstack.aws.handlers.service.ServiceExceptionSerializer.create_exception_response",
        "the same, where it is found out later",
        "61b",
    ),
    Patch(
        "refusals.py",
        "localstack.packages.api.PackageInstaller.install",
        "nothing is downloaded",
        "61b",
    ),
    Patch(
        "s3/listings.py",
        "localstack.services.s3.provider.decode_continuation_token",
        "a token that was never given out is refused",
        "78",
    ),
    Patch(
        "s3/key_stores.py",
        "localstack.services.s3.models.KeyStore",
        "what a bucket has takes a third of the memory",
        SAME,
    ),
    Patch(
        "s3/key_stores.py",
        "localstack.services.s3.models.VersionedKeyStore",
        "what a bucket has takes a third of the memory",
        SAME,
    ),
    Patch(
        "s3/key_stores.py",
        "localstack.services.s3.provider.VersionedKeyStore",
        "what a bucket has takes a third of the memory",
        SAME,
    ),
    Patch(
        "s3/errors.py",
        "localstack.aws.protocol.serializer.S3ResponseSerializer._add_error_tags",
        "errors name the host, and number destinations that are out of reach",
        "9c",
    ),
    Patch(
        "s3/metadata.py",
        "localstack.services.s3.utils.decode_header_rfc2047",
        "metadata is stored as it is counted",
        "122b",
    ),
    Patch(
        "server/listening.py",
        "localstack.runtime.runtime.LocalstackRuntime.components.runtime_server",
        "requests are read strictly, by the server that was chosen",
        "126b",
    ),
    Patch(
        "server/listening.py",
        "localstack.runtime.runtime.LocalstackRuntime._wait_for_gateway",
        "it listens on the addresses it is given, not always on 127.0.0.1",
        "126",
    ),
    Patch(
        "server/listening.py",
        "localstack.utils.aws.aws_stack.CACHE_S3_HOSTNAME_DNS_STATUS",
        "no DNS server is asked",
        "114",
    ),
    Patch(
        "server/listening.py",
        "localstack.aws.handlers.cors.DYNAMIC_INTERNAL_ORIGINS",
        "no origin is trusted that the settings do not name",
        "126",
    ),
    Patch(
        "server/repeated_work.py",
        "localstack.aws.protocol.serializer.ResponseSerializer._get_mime_type",
        "the same headers lead to the same mime type, which is remembered",
        SAME,
    ),
    Patch(
        "server/repeated_work.py",
        "localstack.aws.protocol.serializer.parse_to_aware_datetime",
        "dates of HTTP, as S3 writes them, are read in a twentieth of the time",
        SAME,
    ),
    Patch(
        "server/repeated_work.py",
        f"{_PARSER}.S3RequestParser._parse_shape",
        "parameters whose header or argument is not there are passed over",
        SAME,
    ),
    Patch(
        "server/xml_answers.py",
        "localstack.aws.protocol.serializer.BaseXMLResponseSerializer._node_to_string",
        "XML is encoded as one text, not tag by tag",
        SAME,
    ),
    Patch(
        "server/xml_answers.py",
        "localstack.aws.protocol.serializer.S3ResponseSerializer._serialize_body_params",
        "S3's answers are written from their values, without elements",
        SAME,
    ),
    Patch(
        "server/repeated_work.py",
        "rolo.Response.update_from",
        "an answer's headers are copied in one go",
        SAME,
    ),
    Patch(
        "server/object_calls.py",
        f"{_PARSER}.S3RequestParser.parse",
        "the usual calls for an object are read from what they have",
        SAME,
    ),
    Patch(
        "server/object_calls.py",
        "localstack.aws.protocol.serializer.S3ResponseSerializer.serialize_to_response",
        "answers to them are written from what they have",
        SAME,
    ),
    Patch(
        "sns/outcomes.py",
        "localstack.services.sns.publisher.store_delivery_log",
        "deliveries and failures are counted and logged",
        "43a",
    ),
    Patch(
        "sns/queues.py",
        "localstack.services.sns.publisher.connect_to",
        "a delivery to a queue needs no HTTP within the process",
        "110",
    ),
    Patch(
        "sqs/errors.py",
        "localstack.aws.api.sqs.InvalidAttributeName.sender_fault",
        "an attribute that SQS does not know is the sender's fault",
        "135",
    ),
    Patch(
        "sqs/errors.py",
        "localstack.aws.protocol.serializer.SqsQueryResponseSerializer._add_error_tags",
        "an error in XML has the element Detail",
        "135",
    ),
    Patch(
        "sns/filter_places.py",
        "localstack.services.sns.filter.FilterPolicyValidator.validate_filter_policy",
        "SNS says where a filter policy is wrong",
        "135",
    ),
    Patch(
        "sns/redrive.py",
        "localstack.services.sns.publisher.sns_error_to_dead_letter_queue",
        "a dead-letter queue's policy names the topic",
        "110b",
    ),
    Patch(
        "startup.py",
        "botocore.loaders.Loader._cache",
        "what was read is shared by loaders of the same folders",
        SAME,
    ),
    Patch(
        "startup.py",
        "botocore.loaders.Loader.__init__",
        "sessions read the data of botocore once for all of them",
        SAME,
    ),
    Patch(
        "startup.py",
        "botocore.loaders.JSONFileLoader._load_file",
        "that data is read into plain dicts, in half the time and less memory",
        SAME,
    ),
    Patch(
        "startup.py",
        "werkzeug.routing.Rule._compile_builder",
        "what builds the URL of a route is compiled when one is built",
        SAME,
    ),
    Patch(
        "startup.py",
        "rolo.routing.router._clone_map_with_rules",
        "a new route does not have all others compiled again",
        SAME,
    ),
    Patch(
        "startup.py",
        "botocore.waiter.SingleWaiterConfig.__init__",
        "waiters of the emulator's own clients look every 0.1 s, for as long as before",
        SAME,
    ),
)

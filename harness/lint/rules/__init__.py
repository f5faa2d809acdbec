"""The registry of the project's own rules: every rule of this folder stands in RULES, by service.

A rule has its id, title and source of its own. E91 names and parameters, E92 functions and their
packages, E93 permissions, E94 events, E95 what watches, E96 what is required. E is what AWS
refuses, what would not work there or was not agreed on, W what works and is not good. No id is also
one of cfn-lint's or of AWS's validator.
"""

from collections.abc import Mapping

from harness.lint.rule import StackRule
from harness.lint.rules import (
    cloudformation_mappings,
    cloudformation_names,
    cloudformation_parameters,
    cloudwatch_alarms,
    cloudwatch_dashboards,
    iam_permissions,
    iam_policies,
    iam_roles,
    lambda_code,
    lambda_failures,
    lambda_functions,
    lambda_leftovers,
    lambda_packages,
    requirements,
    s3_buckets,
    s3_events,
    sns,
)
from harness.lint.variants import HoldsInVariants

RULES: Mapping[str, tuple[type[StackRule], ...]] = {
    "CloudFormation": (
        cloudformation_names.BucketName,
        cloudformation_names.ResourceName,
        cloudformation_names.NamesForAllParameters,
        cloudformation_names.FifoNames,
        cloudformation_names.UniqueNames,
        cloudformation_names.ExportNames,
        cloudformation_parameters.ParameterValues,
        cloudformation_parameters.TemplateRules,
        cloudformation_parameters.Capabilities,
        cloudformation_parameters.TemplateSize,
        cloudformation_parameters.RetainedNames,
        cloudformation_mappings.MappingsAreComplete,
    ),
    "Lambda": (
        lambda_functions.Limits,
        lambda_functions.Basics,
        lambda_functions.LogGroupFirst,
        lambda_functions.OwnLogGroup,
        lambda_functions.CustomResourceTimeout,
        lambda_functions.NeverRuns,
        lambda_functions.Qualifiers,
        lambda_functions.ArnsWhereAsked,
        lambda_packages.CodeIsThere,
        lambda_packages.HandlerExists,
        lambda_packages.CodeParses,
        lambda_packages.ImportsAreThere,
        lambda_packages.PackageSize,
        lambda_packages.Platform,
        lambda_packages.VariablesAreSet,
        lambda_packages.ClientMethods,
        lambda_packages.KnownRuntime,
        lambda_leftovers.OwnCredentials,
        lambda_leftovers.EndpointsOfAws,
        lambda_code.CallsEndInTime,
        lambda_code.NothingIsHeaped,
        lambda_code.TmpIsCleared,
        lambda_code.EnvironmentStaysInside,
        lambda_code.FaultsAreRaised,
        lambda_code.OwnRegion,
        lambda_failures.FailuresAreKept,
        lambda_failures.FaultsAreTriedAgain,
        lambda_failures.RetriesHaveTime,
    ),
    "IAM": (
        iam_permissions.Trust,
        iam_permissions.CodeMay,
        iam_permissions.EnvironmentMay,
        iam_permissions.DestinationMay,
        iam_permissions.LogsMay,
        iam_policies.ValidPolicy,
        iam_policies.ConditionKeys,
        iam_policies.Principals,
        iam_policies.Wildcards,
        iam_policies.ActionResources,
        iam_policies.OwnResource,
        iam_policies.NotPublic,
        iam_policies.PolicySize,
        iam_roles.SettingsMay,
        iam_roles.ManagedPolicies,
        iam_roles.KeysMay,
    ),
    "S3": (
        s3_events.MayInvoke,
        s3_events.PermissionFirst,
        s3_events.Filters,
        s3_events.EventNames,
        s3_events.Recursion,
        s3_buckets.Lifecycle,
        s3_buckets.Transitions,
        s3_buckets.BucketOwnsObjects,
        s3_buckets.OwnershipAndAcl,
        s3_buckets.PublicAccess,
        s3_buckets.OldVersions,
        s3_buckets.ExpiresEverything,
        s3_buckets.Encryption,
        s3_buckets.TlsOnly,
    ),
    "SNS": (
        sns.Subscriptions,
        sns.AlarmsPassFilters,
    ),
    "CloudWatch": (
        cloudwatch_alarms.AlarmMetric,
        cloudwatch_alarms.AlarmWindow,
        cloudwatch_alarms.AlarmThreshold,
        cloudwatch_alarms.AlarmActions,
        cloudwatch_alarms.AlarmNotifies,
        cloudwatch_alarms.QuietIsNoFault,
        cloudwatch_alarms.FaultsAreCounted,
        cloudwatch_dashboards.DashboardBody,
        cloudwatch_dashboards.DashboardMetrics,
    ),
    "Requirements": (requirements.Requirements,),
}


def rules_by_service() -> dict[str, list[StackRule]]:
    """One instance of every rule, by AWS service and in order of the numbers of their ids."""
    made = {service: [rule() for rule in rules] for service, rules in RULES.items()}
    every = [rule for rules in made.values() for rule in rules]
    made["CloudFormation"].append(HoldsInVariants(every))
    return {service: sorted(rules, key=lambda rule: rule.id[1:]) for service, rules in made.items()}


def all_rules() -> list[StackRule]:
    """One instance of every rule, in order of their ids."""
    found = [rule for rules in rules_by_service().values() for rule in rules]
    return sorted(found, key=lambda rule: rule.id)

"""The kinds of entities that use tables: domains, tests, metrics, dashboards, contracts."""

from __future__ import annotations

from openmetadata_standin.entity_kind import RELATIONS, Kind

_DOMAINS: tuple[Kind, ...] = (
    Kind(
        name="domain",
        collection="domains",
        create="api.domains.createDomain:CreateDomainRequest",
        entity="entity.domains.domain:Domain",
        parents=(("parent", "domain"),),
        top=True,
        soft_delete=False,
    ),
    Kind(
        name="dataProduct",
        collection="dataProducts",
        create="api.domains.createDataProduct:CreateDataProductRequest",
        entity="entity.domains.dataProduct:DataProduct",
        soft_delete=False,
    ),
)

_TESTS: tuple[Kind, ...] = (
    Kind(
        name="testDefinition",
        collection="dataQuality/testDefinitions",
        create="api.tests.createTestDefinition:CreateTestDefinitionRequest",
        entity="tests.testDefinition:TestDefinition",
        on_request=frozenset({"owners", "domains"}),
        kept=frozenset({"owners", "domains", "provider"}),
    ),
    Kind(
        name="testSuite",
        collection="dataQuality/testSuites",
        create="api.tests.createTestSuite:CreateTestSuiteRequest",
        entity="tests.testSuite:TestSuite",
        parents=(("basicEntityReference", "table"), ("executableEntityReference", "table")),
        top=True,
        on_request=RELATIONS | {"tests", "summary", "pipelines", "testCaseResultSummary"},
    ),
    Kind(
        name="testCase",
        collection="dataQuality/testCases",
        create="api.tests.createTestCase:CreateTestCaseRequest",
        entity="tests.testCase:TestCase",
        parents=(("testSuite", "testSuite"),),
        on_request=RELATIONS
        | {"testSuite", "testSuites", "testDefinition", "testCaseResult", "incidentId"},
    ),
)

_ASSETS: tuple[Kind, ...] = (
    Kind(
        name="metric",
        collection="metrics",
        create="api.data.createMetric:CreateMetricRequest",
        entity="entity.data.metric:Metric",
        kept=Kind.kept | {"metricExpression", "provider"},
        bulk=True,
    ),
    Kind(
        name="dashboardService",
        collection="services/dashboardServices",
        create="api.services.createDashboardService:CreateDashboardServiceRequest",
        entity="entity.services.dashboardService:DashboardService",
        kept=Kind.kept | {"connection"},
    ),
    Kind(
        name="chart",
        collection="charts",
        create="api.data.createChart:CreateChartRequest",
        entity="entity.data.chart:Chart",
        parents=(("service", "dashboardService"),),
        ancestors=("serviceType",),
        bulk=True,
    ),
    Kind(
        name="dashboard",
        collection="dashboards",
        create="api.data.createDashboard:CreateDashboardRequest",
        entity="entity.data.dashboard:Dashboard",
        parents=(("service", "dashboardService"),),
        ancestors=("serviceType",),
        bulk=True,
    ),
    Kind(
        name="dataContract",
        collection="dataContracts",
        create="api.data.createDataContract:CreateDataContractRequest",
        entity="entity.data.dataContract:DataContract",
        parents=(("entity", "table"),),
        on_request=frozenset({"owners", "reviewers", "extension"}),
        kept=Kind.kept | {"latestResult"},
        holds_parent=False,
    ),
)

CONSUMER_KINDS: tuple[Kind, ...] = (*_DOMAINS, *_TESTS, *_ASSETS)

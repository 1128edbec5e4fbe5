"""The tools that Google runs itself: search, maps, code, computer use."""

from typing import Annotated

from livechat.protocol.retrieval import AuthConfig
from livechat.protocol.wire import Float, Int, JsonObject, Many, Wire, one_of

PhishBlockThreshold = Annotated[
    str,
    one_of(
        "PHISH_BLOCK_THRESHOLD_UNSPECIFIED",
        "BLOCK_LOW_AND_ABOVE",
        "BLOCK_MEDIUM_AND_ABOVE",
        "BLOCK_HIGH_AND_ABOVE",
        "BLOCK_HIGHER_AND_ABOVE",
        "BLOCK_VERY_HIGH_AND_ABOVE",
        "BLOCK_ONLY_EXTREMELY_HIGH",
    ),
]
DynamicRetrievalConfigMode = Annotated[str, one_of("MODE_UNSPECIFIED", "MODE_DYNAMIC")]
SafetyPolicy = Annotated[
    str,
    one_of(
        "SAFETY_POLICY_UNSPECIFIED",
        "FINANCIAL_TRANSACTIONS",
        "SENSITIVE_DATA_MODIFICATION",
        "COMMUNICATION_TOOL",
        "ACCOUNT_CREATION",
        "DATA_MODIFICATION",
        "USER_CONSENT_MANAGEMENT",
        "LEGAL_TERMS_AND_AGREEMENTS",
    ),
]
Environment = Annotated[
    str, one_of("ENVIRONMENT_UNSPECIFIED", "ENVIRONMENT_BROWSER", "ENVIRONMENT_MOBILE", "ENVIRONMENT_DESKTOP")
]


class CodeExecution(Wire):
    """Lets the model run Python."""


class UrlContext(Wire):
    """Lets the model read the addresses it is given."""


class WebSearch(Wire):
    """Search of pages."""


class ImageSearch(Wire):
    """Search of pictures."""


class SearchTypes(Wire):
    """What is searched."""

    image_search: ImageSearch | None = None
    web_search: WebSearch | None = None


class Interval(Wire):
    """From time to time, RFC 3339."""

    end_time: str | None = None
    start_time: str | None = None


class GoogleSearch(Wire):
    """Google Search."""

    blocking_confidence: PhishBlockThreshold | None = None
    exclude_domains: Many[str] | None = None
    search_types: SearchTypes | None = None
    time_range_filter: Interval | None = None


class DynamicRetrievalConfig(Wire):
    """When to search: from this likelihood on (0 to 1)."""

    dynamic_threshold: Float | None = None
    mode: DynamicRetrievalConfigMode | None = None


class GoogleSearchRetrieval(Wire):
    """Google Search as the 1.5 models knew it."""

    dynamic_retrieval_config: DynamicRetrievalConfig | None = None


class EnterpriseWebSearch(Wire):
    """Web search for companies."""

    blocking_confidence: PhishBlockThreshold | None = None
    exclude_domains: Many[str] | None = None


class ExaAiSearch(Wire):
    """Search by Exa."""

    api_key: str | None = None
    custom_configs: JsonObject | None = None


class ParallelAiSearch(Wire):
    """Search by Parallel."""

    api_key: str | None = None
    custom_configs: JsonObject | None = None
    enable_data_retention: bool | None = None
    enable_zero_data_retention: bool | None = None


class FileSearch(Wire):
    """Search in the caller's files."""

    file_search_store_names: Many[str] | None = None
    metadata_filter: str | None = None
    top_k: Int | None = None


class ComputerUse(Wire):
    """Lets the model use a computer."""

    disabled_safety_policies: Many[SafetyPolicy] | None = None
    enable_prompt_injection_detection: bool | None = None
    environment: Environment | None = None
    excluded_predefined_functions: Many[str] | None = None


class StreamableHttpTransport(Wire):
    """How an MCP server is reached; times as "30s"."""

    headers: dict[str, str] | None = None
    sse_read_timeout: str | None = None
    terminate_on_close: bool | None = None
    timeout: str | None = None
    url: str | None = None


class McpServer(Wire):
    """An MCP server that Google calls."""

    name: str | None = None
    streamable_http_transport: StreamableHttpTransport | None = None


class GoogleMapsPlaces(Wire):
    """Grounding in places."""


class GoogleMapsRouting(Wire):
    """Grounding in routes."""


class GoogleMapsGroundingTypes(Wire):
    """What of Maps is used."""

    places: GoogleMapsPlaces | None = None
    routing: GoogleMapsRouting | None = None


class GoogleMaps(Wire):
    """Google Maps."""

    auth_config: AuthConfig | None = None
    enable_widget: bool | None = None
    grounding_types: GoogleMapsGroundingTypes | None = None

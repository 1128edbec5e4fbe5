"""Search in the caller's own data on Vertex, and how the data is reached."""

from typing import Annotated

from livechat.protocol.wire import Float, Int, Many, Wire, one_of

HttpElementLocation = Annotated[
    str,
    one_of("HTTP_IN_UNSPECIFIED", "HTTP_IN_QUERY", "HTTP_IN_HEADER", "HTTP_IN_PATH", "HTTP_IN_BODY", "HTTP_IN_COOKIE"),
]
AuthType = Annotated[
    str,
    one_of(
        "AUTH_TYPE_UNSPECIFIED",
        "NO_AUTH",
        "API_KEY_AUTH",
        "HTTP_BASIC_AUTH",
        "GOOGLE_SERVICE_ACCOUNT_AUTH",
        "OAUTH",
        "OIDC_AUTH",
    ),
]
ApiSpec = Annotated[str, one_of("API_SPEC_UNSPECIFIED", "SIMPLE_SEARCH", "ELASTIC_SEARCH")]


class ApiKeyConfig(Wire):
    """A key, or the secret that holds it, and where it is sent."""

    api_key_secret: str | None = None
    api_key_string: str | None = None
    http_element_location: HttpElementLocation | None = None
    name: str | None = None


class GoogleServiceAccountConfig(Wire):
    """A service account."""

    service_account: str | None = None


class HttpBasicAuthConfig(Wire):
    """The secret that holds user and password."""

    credential_secret: str | None = None


class OauthConfig(Wire):
    """An OAuth token, or the account that makes one."""

    access_token: str | None = None
    service_account: str | None = None


class OidcConfig(Wire):
    """An OpenID token, or the account that makes one."""

    id_token: str | None = None
    service_account: str | None = None


class AuthConfig(Wire):
    """How an API is entered; exactly one way is given."""

    api_key: str | None = None
    api_key_config: ApiKeyConfig | None = None
    auth_type: AuthType | None = None
    google_service_account_config: GoogleServiceAccountConfig | None = None
    http_basic_auth_config: HttpBasicAuthConfig | None = None
    oauth_config: OauthConfig | None = None
    oidc_config: OidcConfig | None = None


class ApiAuthApiKeyConfig(Wire):
    """A key by its secret."""

    api_key_secret_version: str | None = None
    api_key_string: str | None = None


class ApiAuth(Wire):
    """The old way of AuthConfig."""

    api_key_config: ApiAuthApiKeyConfig | None = None


class ElasticSearchParams(Wire):
    """An Elasticsearch index."""

    index: str | None = None
    num_hits: Int | None = None
    search_template: str | None = None


class SimpleSearchParams(Wire):
    """A search without settings."""


class ExternalApi(Wire):
    """A search service of the caller's."""

    api_auth: ApiAuth | None = None
    api_spec: ApiSpec | None = None
    auth_config: AuthConfig | None = None
    elastic_search_params: ElasticSearchParams | None = None
    endpoint: str | None = None
    simple_search_params: SimpleSearchParams | None = None


class DataStoreSpec(Wire):
    """One data store and a filter."""

    data_store: str | None = None
    filter: str | None = None


class VertexAISearch(Wire):
    """A Vertex AI Search engine or data store."""

    data_store_specs: Many[DataStoreSpec] | None = None
    datastore: str | None = None
    engine: str | None = None
    filter: str | None = None
    max_results: Int | None = None


class RagResource(Wire):
    """A corpus, or files of it."""

    rag_corpus: str | None = None
    rag_file_ids: Many[str] | None = None


class RagFilter(Wire):
    """Which pieces are near enough."""

    metadata_filter: str | None = None
    vector_distance_threshold: Float | None = None
    vector_similarity_threshold: Float | None = None


class RagHybridSearch(Wire):
    """Words against vectors (0 to 1)."""

    alpha: Float | None = None


class RagLlmRanker(Wire):
    """Ranking by a model."""

    model_name: str | None = None


class RagRankService(Wire):
    """Ranking by a service."""

    model_name: str | None = None


class RagRanking(Wire):
    """How pieces are ranked."""

    llm_ranker: RagLlmRanker | None = None
    rank_service: RagRankService | None = None


class RagRetrievalConfig(Wire):
    """How pieces are found."""

    filter: RagFilter | None = None
    hybrid_search: RagHybridSearch | None = None
    ranking: RagRanking | None = None
    top_k: Int | None = None


class VertexRagStore(Wire):
    """Corpora of documents."""

    rag_corpora: Many[str] | None = None
    rag_resources: Many[RagResource] | None = None
    rag_retrieval_config: RagRetrievalConfig | None = None
    similarity_top_k: Int | None = None
    store_context: bool | None = None
    vector_distance_threshold: Float | None = None


class Retrieval(Wire):
    """Where the data is."""

    disable_attribution: bool | None = None
    external_api: ExternalApi | None = None
    vertex_ai_search: VertexAISearch | None = None
    vertex_rag_store: VertexRagStore | None = None

"""Where an answer comes from: searches, pages, places, and which words they carry."""

from typing import Annotated

from livechat.protocol.wire import Base64, Float, Int, Many, Wire, one_of

UrlRetrievalStatus = Annotated[
    str,
    one_of(
        "URL_RETRIEVAL_STATUS_UNSPECIFIED",
        "URL_RETRIEVAL_STATUS_SUCCESS",
        "URL_RETRIEVAL_STATUS_ERROR",
        "URL_RETRIEVAL_STATUS_PAYWALL",
        "URL_RETRIEVAL_STATUS_UNSAFE",
    ),
]


class GroundingChunkWeb(Wire):
    """A page."""

    domain: str | None = None
    title: str | None = None
    uri: str | None = None


class GroundingChunkImage(Wire):
    """A picture."""

    domain: str | None = None
    image_uri: str | None = None
    source_uri: str | None = None
    title: str | None = None


class RagChunkPageSpan(Wire):
    """From page to page."""

    first_page: Int | None = None
    last_page: Int | None = None


class RagChunk(Wire):
    """A piece of an indexed document."""

    chunk_id: str | None = None
    file_id: str | None = None
    page_span: RagChunkPageSpan | None = None
    text: str | None = None


class StringList(Wire):
    """Several strings."""

    values: Many[str] | None = None


class CustomMetadata(Wire):
    """One key of a document and its value."""

    key: str | None = None
    numeric_value: Float | None = None
    string_list_value: StringList | None = None
    string_value: str | None = None


class GroundingChunkRetrievedContext(Wire):
    """A piece of the caller's own documents."""

    custom_metadata: Many[CustomMetadata] | None = None
    document_name: str | None = None
    file_search_store: str | None = None
    media_id: str | None = None
    page_number: Int | None = None
    rag_chunk: RagChunk | None = None
    text: str | None = None
    title: str | None = None
    uri: str | None = None


class AuthorAttribution(Wire):
    """Who wrote a review."""

    display_name: str | None = None
    photo_uri: str | None = None
    uri: str | None = None


class ReviewSnippet(Wire):
    """A piece of a review."""

    author_attribution: AuthorAttribution | None = None
    flag_content_uri: str | None = None
    google_maps_uri: str | None = None
    relative_publish_time_description: str | None = None
    review: str | None = None
    review_id: str | None = None
    title: str | None = None


class PlaceAnswerSources(Wire):
    """The reviews behind an answer about a place."""

    flag_content_uri: str | None = None
    review_snippet: Many[ReviewSnippet] | None = None
    review_snippets: Many[ReviewSnippet] | None = None


class GroundingChunkMapsRoute(Wire):
    """A way; metres, and seconds as "12s"."""

    distance_meters: Int | None = None
    duration: str | None = None
    encoded_polyline: str | None = None


class GroundingChunkMaps(Wire):
    """A place."""

    place_answer_sources: PlaceAnswerSources | None = None
    place_id: str | None = None
    route: GroundingChunkMapsRoute | None = None
    text: str | None = None
    title: str | None = None
    uri: str | None = None


class GroundingChunk(Wire):
    """One source; exactly one field is given."""

    image: GroundingChunkImage | None = None
    maps: GroundingChunkMaps | None = None
    retrieved_context: GroundingChunkRetrievedContext | None = None
    web: GroundingChunkWeb | None = None


class Segment(Wire):
    """A stretch of the answer, in bytes of UTF-8."""

    end_index: Int | None = None
    part_index: Int | None = None
    start_index: Int | None = None
    text: str | None = None


class GroundingSupport(Wire):
    """Which sources carry a segment, and how surely (0 to 1)."""

    confidence_scores: Many[Float] | None = None
    grounding_chunk_indices: Many[Int] | None = None
    rendered_parts: Many[Int] | None = None
    segment: Segment | None = None


class SearchEntryPoint(Wire):
    """The search suggestion Google asks to be shown, as HTML."""

    rendered_content: str | None = None
    sdk_blob: Base64 | None = None


class RetrievalMetadata(Wire):
    """How likely a search would have helped (0 to 1)."""

    google_search_dynamic_retrieval_score: Float | None = None


class SourceFlaggingUri(Wire):
    """Where a source can be reported."""

    flag_content_uri: str | None = None
    source_id: str | None = None


class GroundingMetadata(Wire):
    """Everything an answer rests on."""

    google_maps_widget_context_token: str | None = None
    grounding_chunks: Many[GroundingChunk] | None = None
    grounding_supports: Many[GroundingSupport] | None = None
    image_search_queries: Many[str] | None = None
    retrieval_metadata: RetrievalMetadata | None = None
    retrieval_queries: Many[str] | None = None
    search_entry_point: SearchEntryPoint | None = None
    source_flagging_uris: Many[SourceFlaggingUri] | None = None
    web_search_queries: Many[str] | None = None


class UrlMetadata(Wire):
    """An address that was read, and how that went."""

    retrieved_url: str | None = None
    url_retrieval_status: UrlRetrievalStatus | None = None


class UrlContextMetadata(Wire):
    """The addresses that were read."""

    url_metadata: Many[UrlMetadata] | None = None

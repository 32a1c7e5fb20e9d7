"""Comments below reviews, over real HTTP, against a host that behaves as the two APIs are documented."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.adapters.reviews import GitHubReview, GitLabReview
from reconciler.adapters.reviews.http import TRIES
from reconciler.model.errors import UsageError, WorldError
from reconciler.operations.comment import Posted, post
from tests.adapters.reviews.host import TOKEN, Fault, Host, serving

BODY = "<!-- reconciler:plan staging -->\n### Plan: 1 to add\n\nÄ line.\n"
OTHER = "<!-- reconciler:plan staging -->\n### No changes.\n"


@pytest.fixture
def host() -> Iterator[Host]:
    with serving(Host()) as found:
        yield found


def variables(host: Host) -> dict[str, str]:
    return {
        "GITHUB_API_URL": host.url,
        "GITHUB_REPOSITORY": "farol/live",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_TOKEN": TOKEN,
        "CI_API_V4_URL": host.url,
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": TOKEN,
    }


PROVIDERS = {"github": GitHubReview, "gitlab": GitLabReview}


@pytest.fixture(params=PROVIDERS)
def review(request: pytest.FixtureRequest, host: Host) -> GitHubReview | GitLabReview:
    found = PROVIDERS[request.param].of(variables(host))
    found.client.sleep = pauses(found)
    return found


def pauses(review: GitHubReview | GitLabReview):
    def sleep(seconds: float) -> None:
        taken.append(seconds)

    taken: list[float] = []
    TAKEN[id(review)] = taken
    return sleep


TAKEN: dict[int, list[float]] = {}


def test_the_first_time_a_comment_is_created_and_then_edited_only_when_it_says_something_new(host, review) -> None:
    first = post(review, BODY)
    assert first.outcome == "created"
    assert host.comments == [(first.id, host.me, BODY)]
    assert post(review, BODY) == Posted("unchanged", first.id)
    assert post(review, OTHER) == Posted("edited", first.id)
    assert post(review, OTHER) == Posted("unchanged", first.id)
    assert host.comments == [(first.id, host.me, OTHER)]
    assert len(host.writes()) == 2


def test_a_comment_of_somebody_else_is_never_touched_whatever_it_holds(host, review) -> None:
    host.comments = [
        (5, "mallory", OTHER),
        (6, host.me, "<!-- reconciler:plan production -->\nx"),
        (7, host.me, f"> {OTHER}"),
    ]
    before = list(host.comments)
    posted = post(review, BODY)
    assert posted.outcome == "created"
    assert host.comments[:3] == before
    assert host.comments[3][0] == posted.id


def test_its_own_comment_is_found_on_a_later_page(host, review) -> None:
    host.comments = [(number, "ana", f"comment {number}") for number in range(1, 251)]
    host.comments[230] = (231, host.me, OTHER)
    assert post(review, BODY) == Posted("edited", 231)
    assert len(host.comments) == 250


def test_a_whole_number_of_full_pages_ends(host, review) -> None:
    host.comments = [(number, "ana", "x") for number in range(1, 201)]
    assert post(review, BODY).outcome == "created"


def test_of_several_the_oldest_is_kept_up(host, review) -> None:
    host.comments = [(9, host.me, OTHER), (8, host.me, OTHER)]
    assert post(review, BODY) == Posted("edited", 8)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_busy_host_is_asked_again(host, review, status) -> None:
    host.comments = [(5, host.me, OTHER)]
    host.faults = [Fault(status), Fault(status, method="PATCH"), Fault(status, method="PUT")]
    assert post(review, BODY) == Posted("edited", 5)
    assert TAKEN[id(review)] == [1.0, 1.0]


def test_a_limit_of_the_rate_is_waited_for(host, review) -> None:
    host.faults = [
        Fault(429, {"Retry-After": "7"}),
        Fault(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}),
        Fault(429, method="POST"),
    ]
    assert post(review, BODY).outcome == "created"
    assert TAKEN[id(review)] == [7.0, 2.0, 1.0]
    assert len(host.comments) == 1


def test_a_limit_of_the_rate_that_is_far_away_is_not_waited_for(host, review) -> None:
    host.faults = [Fault(429, {"Retry-After": "3600"})]
    with pytest.raises(WorldError, match="busy") as caught:
        post(review, BODY)
    assert (caught.value.code, TAKEN[id(review)]) == ("CMT-03", [])


def test_tries_end(host, review) -> None:
    host.faults = [Fault(503)] * 100
    with pytest.raises(WorldError, match="busy"):
        post(review, BODY)
    assert len(host.requests) == TRIES
    assert sum(TAKEN[id(review)]) <= 60


@pytest.mark.parametrize(
    "fault", [Fault(502, method="POST", after=True), Fault(hang_up=True, method="POST", after=True)]
)
def test_a_create_whose_answer_is_lost_is_looked_for_before_it_is_sent_again(host, review, fault) -> None:
    host.faults = [fault]
    assert post(review, BODY).outcome == "unchanged"
    assert [body for _, _, body in host.comments] == [BODY]


def test_a_create_that_did_not_arrive_is_sent_again(host, review) -> None:
    host.faults = [Fault(502, method="POST")]
    assert post(review, BODY).outcome == "created"
    assert len(host.comments) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 422])
def test_a_refusal_ends_at_once_and_says_nothing_of_the_host_or_the_token(host, review, status) -> None:
    host.faults = [Fault(status, {"Location": f"{host.url}/elsewhere"}, method="POST")]
    with pytest.raises(WorldError) as caught:
        post(review, BODY)
    assert caught.value.code == "CMT-02"
    assert str(status) in caught.value.message
    assert TOKEN not in f"{caught.value.message} {caught.value.hint}"
    assert not any("elsewhere" in path for _, path in host.requests)


def test_a_wrong_token_is_refused(host) -> None:
    review = GitLabReview.of({**variables(host), "GITLAB_TOKEN": "wrong"})
    with pytest.raises(WorldError, match="401"):
        post(review, BODY)


def test_a_token_that_may_ask_says_who_it_is(host) -> None:
    host.me, host.knows_me = "farol-robot", True
    host.comments = [(5, "github-actions[bot]", OTHER), (6, "farol-robot", OTHER)]
    assert post(GitHubReview.of(variables(host)), BODY) == Posted("edited", 6)


def test_a_given_author_is_not_asked_for(host) -> None:
    host.comments = [(5, "farol-app[bot]", OTHER)]
    assert post(GitHubReview.of(variables(host), author="farol-app[bot]"), BODY) == Posted("edited", 5)
    assert ("GET", "/user") not in host.requests


def test_what_the_system_writes_is_no_comment(host) -> None:
    host.comments, host.system = [(5, host.me, OTHER)], [5]
    assert post(GitLabReview.of(variables(host)), BODY).outcome == "created"


def test_a_host_that_is_not_there_is_told_so() -> None:
    with serving(Host()) as gone:
        left = variables(gone)
    review = GitLabReview.of(left)
    review.client.sleep = lambda _: None
    with pytest.raises(WorldError, match="does not answer"):
        post(review, BODY)


@pytest.mark.parametrize(
    "body", ["no marker", "", "text\n<!-- reconciler:plan -->", "<!-- other -->\nx", "<!-- reconciler -->x"]
)
def test_a_text_without_a_marker_is_not_posted(host, review, body) -> None:
    with pytest.raises(UsageError, match="marker"):
        post(review, body)
    assert host.requests == []


def ended(review) -> str:
    try:
        return post(review, BODY).outcome
    except WorldError as error:
        return f"{error.code} {error.message} {error.hint}"


@pytest.mark.parametrize(
    "text",
    [b"", b"<html>", b"{}", b"[1, null]", b"\xff\xfe", b"[" * 100_000, b'[{"id": null, "user": null, "author": 1}]'],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_is_none_ends_in_words(host, review, method, text) -> None:
    host.faults = [Fault(200 if method == "GET" else 201, method=method, text=text)] * TRIES
    told = ended(review)
    assert told.startswith(("created", "unchanged", "CMT-02", "CMT-03"))
    assert TOKEN not in told
    assert len(host.comments) <= 1


def test_two_posters_at_once_leave_comments_that_the_next_one_brings_together(host, review) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert {one.outcome for one in pool.map(lambda _: post(review, BODY), range(2))} <= {"created", "unchanged"}
    assert post(review, f"{BODY}later\n").outcome == "edited"
    assert post(review, f"{BODY}later\n").outcome == "unchanged"
    assert sum("later" in body for _, _, body in host.comments) == 1


def test_a_text_that_is_too_long_is_not_posted(host, review) -> None:
    with pytest.raises(UsageError, match="at most"):
        post(review, BODY + "x" * review.longest)
    assert host.requests == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_TOKEN", ""),
        ("GITHUB_TOKEN", "a b"),
        ("GITHUB_TOKEN", "a\r\nX-Evil: 1"),
        ("GITHUB_TOKEN", "clé"),
        ("GITHUB_API_URL", ""),
        ("GITHUB_API_URL", "http://api.example.com"),
        ("GITHUB_API_URL", "ftp://127.0.0.1"),
        ("GITHUB_API_URL", "file:///etc/passwd"),
        ("GITHUB_REPOSITORY", "farol/live/../../x"),
        ("GITHUB_REPOSITORY", "farol"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_REF", "refs/pull/0/merge"),
    ],
)
def test_surroundings_that_are_off_are_refused_without_showing_them(host, name, value) -> None:
    with pytest.raises(UsageError) as caught:
        GitHubReview.of({**variables(host), name: value})
    assert caught.value.code == "CMT-01"
    assert not value or value not in f"{caught.value.message} {caught.value.hint}"

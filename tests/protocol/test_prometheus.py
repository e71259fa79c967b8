"""The parser of the metrics page takes what is right, and nothing else."""

import pytest

from coexist_testing.prometheus import BadPage, Page

HEAD = "# HELP a_total How many.\n# TYPE a_total counter\n"
TOOK = "# HELP t_seconds How long.\n# TYPE t_seconds histogram\n"


def buckets(*lines, total=3, seconds="1.5"):
    return TOOK + "".join(f't_seconds_bucket{{le="{b}"}} {n}\n' for b, n in lines) + (
        f"t_seconds_sum {seconds}\nt_seconds_count {total}\n")


def test_a_good_page():
    page = Page(HEAD + 'a_total{x="1",y="\\"\\\\\\n,{}"} 5\na_total{x="2",y=""} 7\n'
                + buckets(("0.1", 1), ("+Inf", 3)))
    assert page.families["a_total"].samples == {
        ("", (("x", "1"), ("y", '"\\\n,{}'))): 5, ("", (("x", "2"), ("y", ""))): 7}
    assert page.sum("a_total") == 12 and page.sum("a_total", x="2") == 7
    assert page.count("t_seconds") == 3 and page.sum("t_seconds", "_sum") == 1.5
    assert page.sample_names() == {"a_total", "t_seconds_bucket", "t_seconds_sum",
                                   "t_seconds_count"}


@pytest.mark.parametrize("text", [
    HEAD + "a_total 1",
    HEAD + "a_total 1\r\n",
    HEAD + "a_total\n",
    HEAD + "a_total  1\n",
    HEAD + "a_total -1\n",
    HEAD + "a_total NaN\n",
    HEAD + "a_total 1 1700000000\n",
    HEAD + "a_total{} 1\n",
    HEAD + "a_total{x=1} 1\n",
    HEAD + 'a_total{x="1",} 1\n',
    HEAD + 'a_total{x="1" y="2"} 1\n',
    HEAD + 'a_total{x="1",x="2"} 1\n',
    HEAD + 'a_total{x="a"b"} 1\n',
    HEAD + 'a_total{x="\\t"} 1\n',
    HEAD + "a_total 1\na_total 2\n",
    HEAD + 'a_total{x="1",y="2"} 1\na_total{y="2",x="1"} 1\n',
    HEAD + "b_total 1\n",
    HEAD + "\n",
    HEAD + HEAD,
    "a_total 1\n",
    "# TYPE a_total counter\na_total 1\n",
    "# HELP a_total How many.\na_total 1\n",
    "# HELP a_total\n# TYPE a_total counter\na_total 1\n",
    "# HELP a How many.\n# TYPE a counter\na 1\n",
    "# HELP a_total How many.\n# TYPE a_total gauge\na_total 1\n",
    "# HELP a How many.\n# TYPE a untyped\na 1\n",
    HEAD + "a_total 1\n# TYPE a_total counter\n",
    buckets(("0.1", 1), ("0.2", 3)),
    buckets(("0.1", 2), ("0.2", 1), ("+Inf", 3)),
    buckets(("0.2", 1), ("0.1", 1), ("+Inf", 3)),
    buckets(("0.1", 1), ("+Inf", 3), total=4),
    TOOK + 't_seconds_bucket{le="+Inf"} 0\nt_seconds_count 0\n',
])
def test_a_bad_page(text):
    with pytest.raises(BadPage):
        Page(text)

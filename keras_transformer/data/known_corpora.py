"""Corpora that can be fetched by name: where they are published, and what they must be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RemoteFile:
    """One file of a corpus.

    Attributes:
        path: below the corpus's URL; its last part is the name of the local file.
        split: `"train"`, `"validation"` or `"test"`.
        language: code of the language.
        size: bytes of the content, gunzipped.
        sha256: of the content, gunzipped, so that a plain and a gzipped file both check.
    """

    path: str
    split: str
    language: str
    size: int
    sha256: str


@dataclass(frozen=True)
class KnownCorpus:
    """Files that belong together, and the folder on the web that holds them."""

    base_url: str
    files: tuple[RemoteFile, ...]


_MULTI30K_URL = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1"

# fmt: off
# Multi30k task 1 (Elliott et al. 2016): 29,000, 1,014 and 1,000 image captions.
# Lowercased, punctuation normalised, tokenised: what the published lowercased scores are on.
MULTI30K = KnownCorpus(_MULTI30K_URL, (
    RemoteFile("tok/train.lc.norm.tok.en", "train", "en", 1837696,
               "08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119"),
    RemoteFile("tok/train.lc.norm.tok.de", "train", "de", 2150008,
               "cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505"),
    RemoteFile("tok/val.lc.norm.tok.en", "validation", "en", 64608,
               "46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec"),
    RemoteFile("tok/val.lc.norm.tok.de", "validation", "de", 77273,
               "97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00"),
    RemoteFile("tok/test_2016_flickr.lc.norm.tok.en", "test", "en", 63307,
               "5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2"),
    RemoteFile("tok/test_2016_flickr.lc.norm.tok.de", "test", "de", 71917,
               "c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4"),
))
# The sentences as they were written.
MULTI30K_RAW = KnownCorpus(_MULTI30K_URL, (
    RemoteFile("raw/train.en.gz", "train", "en", 1801238,
               "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6"),
    RemoteFile("raw/train.de.gz", "train", "de", 2110398,
               "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72"),
    RemoteFile("raw/val.en.gz", "validation", "en", 63297,
               "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227"),
    RemoteFile("raw/val.de.gz", "validation", "de", 75981,
               "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660"),
    RemoteFile("raw/test_2016_flickr.en.gz", "test", "en", 62076,
               "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182"),
    RemoteFile("raw/test_2016_flickr.de.gz", "test", "de", 70649,
               "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16"),
))
# fmt: on

CORPORA = {"multi30k": MULTI30K, "multi30k-raw": MULTI30K_RAW}

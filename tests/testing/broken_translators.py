"""The contract of translators, for translators that break it."""

from pathlib import Path

from beir_hybrid.errors import LanguageError, ModelError
from beir_hybrid.testing import TranslatorContract


class Sound:
    licence = ""
    longest = 20

    def __init__(self, model, *, device, dtype, beams, max_tokens, codes):
        if Path(model).is_dir():
            raise ModelError(f"{model} is a folder.", "Name a model.")
        self.fingerprint = f"toy{beams}{max_tokens}"

    def check(self, source, targets):
        for code in targets:
            if code != "de":
                raise LanguageError(f"It has no language {code!r}.", "Choose de.")

    def lengths(self, texts):
        return [len(text.split()) for text in texts]

    def translate(self, texts, source, target):
        return [text.upper() for text in texts]


class Pathlike(Sound):
    def __init__(self, model, **options):
        super().__init__(model, **options)
        self.fingerprint = "a/b"


class Unlimited(Sound):
    longest = None


class Unlicensed(Sound):
    licence = None


class Careless(Sound):
    def __init__(self, model, **options):
        super().__init__(model, **{**options, "max_tokens": 1})


class Drifting(Sound):
    made = 0

    def __init__(self, model, **options):
        super().__init__(model, **options)
        Drifting.made += 1
        self.fingerprint += str(Drifting.made)


class Countless(Sound):
    def lengths(self, texts):
        return []


class Losing(Sound):
    def translate(self, texts, source, target):
        return super().translate(texts, source, target)[:1]


class Sorting(Sound):
    def translate(self, texts, source, target):
        return sorted(super().translate(texts, source, target))


class Drawing(Sound):
    asked = 0

    def translate(self, texts, source, target):
        self.asked += 1
        return [f"{text} {self.asked}" for text in texts]


class Boastful(Sound):
    def check(self, source, targets):
        pass


class Mute(Sound):
    def check(self, source, targets):
        raise LanguageError("It has no language.", "Choose another.")


class Raw(Sound):
    def check(self, source, targets):
        if targets != ["de"]:
            raise KeyError(targets[-1])


class Trusting(Sound):
    def __init__(self, model, **options):
        super().__init__("any", **options)


def strange(model, *, device, dtype, beams, max_tokens, codes):
    return 3


for thing in (*Sound.__subclasses__(), Sound, strange):
    title = thing.__name__.capitalize()
    globals()[f"Test{title}"] = type(
        f"Test{title}", (TranslatorContract,), {"name": title.lower(), "path": "any", "__module__": __name__}
    )

"""The one door: ``python dev.py WORD [ARGUMENTS]``; without a word it lists them.

Standard library only. It makes ``.venv``, installs what the locks name, by hash, and runs the word in there.
Where packages come from is the machine's own setting (pip's or uv's); no file of the project names an index.
"""

from __future__ import annotations

import ast
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):  # said before anything newer is needed
    sys.exit(f"fbkit needs Python 3.11 or newer; this is {sys.version.split()[0]}. Run dev.py with a newer one.")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
STAMP = VENV / "fbkit-install.json"

UV_LOCK = ROOT / "requirements-uv.txt"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}  # dev holds run as well

# What pip was told about the way to its packages, in uv's words. Extra indexes stay out: the lock needs one only.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "no-index": "UV_NO_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}

# Where a Chromium may be: Playwright's, then a command, then the usual places of macOS and Windows.
PLAYWRIGHT_BROWSERS = (
    "$PLAYWRIGHT_BROWSERS_PATH/chromium-*/chrome-*/chrome",
    "~/.cache/ms-playwright/chromium-*/chrome-*/chrome",
    "~/Library/Caches/ms-playwright/chromium-*/chrome-*/*.app/Contents/MacOS/*",
    "$LOCALAPPDATA/ms-playwright/chromium-*/chrome-*/chrome.exe",
)
BROWSER_COMMANDS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("microsoft-edge", "msedge", "chrome"),
)
BROWSER_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "$PROGRAMFILES/Google/Chrome/Application/chrome.exe",
    "$LOCALAPPDATA/Google/Chrome/Application/chrome.exe",
    "$PROGRAMFILES/Microsoft/Edge/Application/msedge.exe",
    "${PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
)
NO_BROWSER = """\
The browser tests need a Chromium and found none. One of these lines helps:
  Debian, Ubuntu   sudo apt-get update && sudo apt-get install -y chromium
  anywhere         {python} -m playwright install chromium
  one you have     FBKIT_BROWSER=/path/to/chrome {dev} test"""


# --- telling and running ----------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """One line of progress, on standard error: standard output belongs to what is run."""
    print(f"dev: {text}", file=sys.stderr, flush=True)


def step(name: str, *command: str | Path, env: dict[str, str] | None = None, quiet: bool = False) -> bool:
    """Run a command, tell how it went and how long it took; quiet shows its output only when it fails."""
    began = time.monotonic()
    out, err = (subprocess.PIPE, subprocess.STDOUT) if quiet else (None, None)
    words = [str(c) for c in command]
    done = subprocess.run(words, cwd=ROOT, env=env or environment(), check=False, text=True, stdout=out, stderr=err)
    ok = done.returncode == 0
    if quiet and not ok:
        print(done.stdout, file=sys.stderr, flush=True)
    say(f"{name}: {'ok' if ok else f'FAILED (exit {done.returncode})'}, {time.monotonic() - began:.1f} s")
    return ok


def need(name: str, *command: str | Path, env: dict[str, str] | None = None) -> None:
    """A step without which the rest makes no sense."""
    if not step(name, *command, env=env, quiet=True):
        sys.exit(1)


def environment() -> dict[str, str]:
    """Ours, with the project's environment active."""
    env = dict(os.environ)
    env["VIRTUAL_ENV"] = str(VENV)
    env["PATH"] = os.pathsep.join([str(BIN), env.get("PATH", "")])
    env.pop("PYTHONHOME", None)
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # with it every new kernel compiles pandas again, 1 s each
    return env


def become(command: list[str], env: dict[str, str] | None = None) -> int:
    """Run a long command in our place: signals and the exit code are its own."""
    env = env or environment()
    if not WINDOWS:
        os.chdir(ROOT)
        os.execvpe(command[0], command, env)  # noqa: S606  # no shell is wanted
    with subprocess.Popen(command, cwd=ROOT, env=env) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # the console sent it to the child as well; let that finish
                continue


# --- installing -------------------------------------------------------------------------------------------------------


def digest(*files: Path) -> str:
    """What an install of these files depends on."""
    parts = [sys.version, str(ROOT), *(file.read_text("utf-8") for file in files)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def wanted(kind: str) -> dict[str, str]:
    """The stamp of a .venv that is up to date for this kind of use."""
    kinds = ("run", "dev") if kind == "dev" else ("run",)
    return {"uv": digest(UV_LOCK), **{k: digest(LOCKS[k], ROOT / "pyproject.toml") for k in kinds}}


def installed() -> dict[str, str]:
    """The stamp of the .venv that is there; empty when none is, or none of this Python and place."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8")) if PYTHON.exists() else {}
    except (OSError, ValueError):
        return {}
    return stamp if stamp.get("python") == sys.version and stamp.get("root") == str(ROOT) else {}


def install(kind: str = "dev") -> None:
    """Make .venv hold what the lock names, and fbkit itself, editable; at once when it already does."""
    stamp, goal = installed(), wanted(kind)
    if stamp.items() >= goal.items():
        return
    began = time.monotonic()
    if not stamp:
        make_venv()
    if stamp.get("uv") != goal["uv"]:
        need("uv", *host_pip(), "install", "-q", "--no-input", "--require-hashes", "--no-deps", "-r", UV_LOCK)
    say(f"packages of {LOCKS[kind].name}: from the cache, or fetched (150 MB in all)")
    env = uv_environment()
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--python", str(PYTHON)]
    need("packages", *uv, "--require-hashes", "--no-build", "-r", LOCKS[kind], env=env)
    need("fbkit, editable", *uv, "--no-deps", "--no-build-isolation", "--offline", "-e", ROOT, env=env)
    if kind == "dev":
        strip_notebooks_on_commit()
    STAMP.write_text(json.dumps({"python": sys.version, "root": str(ROOT), **goal}, indent=1), "utf-8")
    say(f"installed in {time.monotonic() - began:.1f} s")


def host_python() -> str:
    """The interpreter that runs us, or the one behind it when that is .venv's own."""
    return getattr(sys, "_base_executable", None) or sys.executable


def host_pip() -> list[str]:
    """The host's pip aimed at .venv, where it can do that; else the pip that was seeded in .venv."""
    asked = subprocess.run([host_python(), "-m", "pip", "--version"], capture_output=True, text=True, check=False)
    able = asked.returncode == 0 and tuple(map(int, asked.stdout.split()[1].split(".")[:2])) >= (22, 3)
    return [host_python(), "-m", "pip", "--python", str(PYTHON)] if able else [str(PYTHON), "-m", "pip"]


def make_venv() -> None:
    """A new, empty .venv. Seeding a pip takes seconds and is left out where the host's will do; the lock holds one."""
    host = host_python()
    if VENV.exists() and Path(sys.prefix).resolve() == VENV.resolve():
        sys.exit(f"dev: {VENV} is out of date and is running this; run dev.py with the Python it was made from: {host}")
    seeding = ["--without-pip"] if "--python" in host_pip() else []
    need("environment", host, "-m", "venv", "--clear", *seeding, VENV)


def uv_environment() -> dict[str, str]:
    """Our environment, and the way to the packages that pip knows, unless uv was told its own."""
    env = environment()
    if any(name in env for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_CONFIG_FILE")):
        return env
    command = [host_python(), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout
    for scope in ("global.", "install.", ":env:."):  # the later one wins
        for line in listed.splitlines():
            key, _, value = line.removeprefix(scope).partition("=")
            name = PIP_TO_UV.get(key)
            if line.startswith(scope) and name and name not in os.environ:
                env[name] = (", " if name == "UV_FIND_LINKS" else " ").join(ast.literal_eval(value).split())
    return env


def strip_notebooks_on_commit() -> None:
    """Give git the filter that .gitattributes names, so that no output of a notebook is committed."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return
    python = PYTHON.relative_to(ROOT).as_posix()
    for key, value in {
        "filter.nbstripout.clean": f"{python} -m nbstripout --keep-id",
        "filter.nbstripout.smudge": "cat",
        "diff.ipynb.textconv": f"{python} -m nbstripout --keep-id -t",
    }.items():
        subprocess.run(["git", "config", "--local", key, value], cwd=ROOT, check=False)


# --- the browser ------------------------------------------------------------------------------------------------------


def find_browser() -> str | None:
    """A Chromium of this machine: FBKIT_BROWSER, Playwright's, the system's."""
    chosen = os.environ.get("FBKIT_BROWSER")
    if chosen:
        return shutil.which(chosen) or sys.exit(f"dev: FBKIT_BROWSER={chosen} is no program; unset it or correct it")
    own = [sorted(glob.glob(expanded(place)), reverse=True) for place in PLAYWRIGHT_BROWSERS]  # noqa: PTH207  # absolute
    playwright = [path for paths in own for path in paths]
    commands = [path for name in BROWSER_COMMANDS if (path := shutil.which(name))]
    places = [path for path in map(expanded, BROWSER_PLACES) if Path(path).is_file()]
    return next(iter([*playwright, *commands, *places]), None)


def expanded(place: str) -> str:
    """The place with ~ and the variables of the environment filled in."""
    return os.path.expandvars(os.path.expanduser(place))  # noqa: PTH111  # a pattern, not a path


def get_browser() -> str:
    """The same, installed first where that is possible; without one we stop, saying what to do."""
    found = find_browser()
    apt = shutil.which("apt-get")
    if found is None and apt and not WINDOWS and os.geteuid() == 0:
        env = {**environment(), "DEBIAN_FRONTEND": "noninteractive"}
        packages = ["chromium", "fonts-liberation", "fonts-dejavu-core"]
        if step("package lists", apt, "update", "-q", env=env, quiet=True):
            step("chromium", apt, "install", "-qy", "--no-install-recommends", *packages, env=env, quiet=True)
        found = find_browser()
    if found is None:
        print(NO_BROWSER.format(python=PYTHON, dev="python dev.py"), file=sys.stderr)
        sys.exit(1)
    return found


# --- the words --------------------------------------------------------------------------------------------------------


def word_up(args: list[str]) -> int:
    """Install what is needed and run `fbkit up` (arguments are passed on)."""
    install("run")
    return become([str(BIN / "fbkit"), "up", *args])


def word_install(args: list[str]) -> int:
    """Make .venv: `install` for developing, `install run` for using only."""
    kind = args[0] if args else "dev"
    if kind not in LOCKS or len(args) > 1:
        return misused(f"install {' '.join(args)}: it is `install` or `install run`")
    install(kind)
    say(f"{VENV} is up to date")
    return 0


def word_test(args: list[str]) -> int:
    """Lint, types and every test; with arguments pytest alone, with those."""
    install("dev")
    if args:
        browser = find_browser()
        env = {**environment(), **({"FBKIT_BROWSER": browser} if browser else {})}
        return become([str(PYTHON), "-m", "pytest", *args], env)
    passed = {name: lint(name) for name in LINTERS} | {"types": types()}
    env = {**environment(), "FBKIT_BROWSER": get_browser()}
    passed["tests"] = step("tests", PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadfile", env=env)
    failed = [name for name, ok in passed.items() if not ok]
    say(f"FAILED: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def word_lint(args: list[str]) -> int:
    """Ruff, notebooks without outputs, spelling, TOML and YAML: `lint [ruff|notebooks|spelling|config [FILES]]`."""
    install("dev")
    names, files = args[:1] or list(LINTERS), args[1:]
    if unknown := [name for name in names if name not in LINTERS]:
        return misused(f"lint {unknown[0]}: it is one of {', '.join(LINTERS)}")
    passed = [lint(name, files) for name in names]
    return 0 if all(passed) else 1


def word_types(_args: list[str]) -> int:
    """Mypy, strict."""
    install("dev")
    return 0 if types() else 1


def word_docs(args: list[str]) -> int:
    """Check the docs: links lead somewhere, every command named exists, examples run."""
    install("dev")
    return become([str(PYTHON), "-m", "pytest", "tests/docs", "src", *args])


def word_bench(args: list[str]) -> int:
    """Run benchmarks/NAME.py: `bench NAME [--peers DIR]`."""
    known = sorted(p.stem for p in (ROOT / "benchmarks").glob("*.py") if not p.stem.startswith("_"))
    if not args or args[0] not in known:
        return misused(f"bench NAME [--peers DIR]: NAME is one of {', '.join(known) or '(none yet)'}")
    install("dev")
    return become([str(PYTHON), str(ROOT / "benchmarks" / f"{args[0]}.py"), *args[1:]])


def word_shots(args: list[str]) -> int:
    """Take pictures of the running page into shots/."""
    install("dev")
    return become([str(PYTHON), "-m", "tests.browser.shots", *args], {**environment(), "FBKIT_BROWSER": get_browser()})


def word_lock(args: list[str]) -> int:
    """Write the locks anew from pyproject.toml; pins are kept unless `--upgrade` (arguments go to uv)."""
    install("run")
    env = uv_environment()
    uv = [str(PYTHON), "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    uv += ["--no-emit-index-url", "--python-version", "3.11", "--custom-compile-command", "python dev.py lock"]
    run, dev = LOCKS["run"].name, LOCKS["dev"].name
    need(run, *uv, "--group", "build", "pyproject.toml", "-o", run, *args, env=env)
    need(dev, *uv, "--group", "build", "--group", "dev", "-c", run, "pyproject.toml", "-o", dev, *args, env=env)
    asked = VENV / "uv.in"
    asked.write_text("uv\n", "utf-8")
    need(UV_LOCK.name, *uv, "--no-annotate", asked, "-o", UV_LOCK.name, *args, env=env)
    return 0


READS = """
import pathlib, sys, tomllib, yaml
for name in sys.argv[1:]:
    text = pathlib.Path(name).read_text("utf-8")
    try:
        tomllib.loads(text) if name.endswith(".toml") else list(yaml.safe_load_all(text))
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        sys.exit(f"{name}: {error}")
"""
RUFF = ("-m", "ruff")
LINTERS: dict[str, tuple[list[str], dict[str, tuple[str, ...]]]] = {  # the files (none: all), and what reads them
    "ruff": (
        [],
        {
            "ruff check": (*RUFF, "check", "--force-exclude"),
            "ruff format": (*RUFF, "format", "--check", "--force-exclude"),
        },
    ),
    "notebooks": (
        ["notebooks/**/*.ipynb", "src/**/*.ipynb", "tests/**/*.ipynb"],
        {"notebooks without outputs": ("-m", "nbstripout", "--keep-id", "--verify")},
    ),
    "spelling": ([], {"spelling": ("-m", "codespell_lib")}),
    "config": (
        ["*.toml", ".*.y*ml", "*.y*ml", "src/**/*.y*ml", "docs/**/*.y*ml"],
        {"TOML and YAML": ("-c", READS)},
    ),
}


def lint(name: str, files: list[str] | None = None) -> bool:
    """Run one linter over these files, or over the project's."""
    patterns, readers = LINTERS[name]
    files = files or [str(p.relative_to(ROOT)) for pattern in patterns for p in sorted(ROOT.glob(pattern))]
    if patterns and not files:
        return True
    passed = [step(told, PYTHON, *reader, *(files or ["."]), quiet=True) for told, reader in readers.items()]
    return all(passed)


def types() -> bool:
    """Mypy over src and dev.py, as pyproject.toml says."""
    return step("mypy", PYTHON, "-m", "mypy", quiet=True)


def misused(what: str) -> int:
    """Say what was wrong with the words; exit code 2."""
    say(what)
    return 2


WORDS = {
    "up": word_up,
    "install": word_install,
    "test": word_test,
    "lint": word_lint,
    "types": word_types,
    "docs": word_docs,
    "bench": word_bench,
    "shots": word_shots,
    "lock": word_lock,
}


def main(argv: list[str]) -> int:
    """Find the word and do it."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print("python dev.py WORD [ARGUMENTS]\n")
        for word, action in WORDS.items():
            print(f"  {word:8} {(action.__doc__ or '').strip()}")
        return 0 if argv else 2
    if argv[0] not in WORDS:
        return misused(f"{argv[0]} is not one of {', '.join(WORDS)}")
    try:
        return WORDS[argv[0]](argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

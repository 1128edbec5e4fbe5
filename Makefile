# make demo    a spoken conversation with the embedded server: no key, no microphone, no internet after the install
# make test    everything the tests need, then the tests
# make check   format, lint, types
# make bench   speed and memory as ratios
# make compare what a server may do wrong, and what google-genai and livechat make of it, side by side
# make soak    the long tests, and how many small mistakes in the client's mind its tests would notice
# make picture the picture in README, from the recording of a call
# make run     livechat itself: make run ARGS='text "tell a story"'

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?= --help
# What the tests need of the system; APT=no leaves them out.
APT ?= yes
# The npm packages of the JavaScript judges; JUDGES=all takes the large one too.
JUDGES ?= few
PACKAGES := libportaudio2 pulseaudio pulseaudio-utils libasound2-plugins tmux iproute2 iptables

.PHONY: demo test check bench compare soak picture run system judges clean
.DELETE_ON_ERROR:

demo: $(VENV)/.local
	$(BIN)/livechat demo

# What Python has compiled it keeps, also where that is not usual: the tests begin it hundreds of times.
unexport PYTHONDONTWRITEBYTECODE
# Three at a time on two cores, for they wait a lot; after them what is judged by the clock of a sound server, of which
# each file has its own: two files at a time, the longest first, and at last alone what two would disturb.
TESTED := -n 3 --dist worksteal -m "not pulse" $(PYTEST)
PULSE := $(or $(PYTEST),$(shell grep -l mark.pulse tests/test_*.py | sort -r))
IN_TIME := -n 2 --dist loadfile --no-loadscope-reorder -m "pulse and not alone" $(PULSE)
ALONE := -m alone $(PULSE)

test: $(VENV)/.dev system judges
	$(BIN)/python -m pytest $(TESTED) || test $$? = 5
	$(BIN)/python -m pytest $(IN_TIME) || test $$? = 5
	$(BIN)/python -m pytest $(ALONE) || test $$? = 5

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

compare: $(VENV)/.dev
	@$(BIN)/python -m tests.compare

soak: JUDGES := all
soak: $(VENV)/.soak system judges
	LIVECHAT_SOAK=1 $(BIN)/python -m pytest $(TESTED) || test $$? = 5
	LIVECHAT_SOAK=1 $(BIN)/python -m pytest $(IN_TIME) || test $$? = 5
	LIVECHAT_SOAK=1 $(BIN)/python -m pytest $(ALONE) || test $$? = 5
	$(BIN)/python -m tests.mutation

picture: $(VENV)/.dev
	$(BIN)/python -m tests.picture draw

run: $(VENV)/.local
	@$(BIN)/livechat $(ARGS)

# ensurepip is what Debian leaves out of python3 until python3-venv is installed.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: livechat needs Python 3.11 or newer; give one with PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make: python has no venv; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.local: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local,codecs]'
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local,codecs,dev]'
	@touch $@ $(VENV)/.local

$(VENV)/.soak: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary atheris --editable '.[local,codecs,dev,soak]' || \
		echo "make: what only soak needs could not be installed; its tests say what is missing"
	@touch $@

# Never fails: what is missing is said, and the tests that need it say so too.
system:
	@sh .ci/system "$(APT)" $(PACKAGES)

# Never fails either.
judges: $(VENV)/.dev
	@$(BIN)/python -m tests.judges.install $(JUDGES)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

# The Socket Workbook. `make` is all that a student needs; `make help` lists
# the rest. Everything that is built goes to build/.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := tutor
.SECONDARY:
.PHONY: tutor check list build turns watch hint skeletons test texts mutants plot fuzz bench clean help \
        programs everything flags ready compiles bank

B := build
WORKBOOK := $(B)/workbook
# What a person may set: LESSON=01 CASE=text SEED=7 FROM=dir VERBOSE=1 CC=clang
# and YES=1, by which set-up may install what is missing.
# A recipe has it from the environment, as it is: with quotes, dollars, blanks.
PASSED := LESSON CASE SEED FROM VERBOSE PART FRESH SHARE YES
# An empty LESSON is handed on: the runner says what is wrong with it.
PLACE := $(if $(filter undefined,$(origin LESSON)),,"$$LESSON") \
         $${FROM:+--from "$$FROM"}
# Make tells small letters from capitals, and nobody else would say so.
MISSPELT := $(foreach name,lesson case seed from verbose part fresh share yes,\
                $(if $(filter command,$(origin $(name))),$(name)))
$(foreach name,$(PASSED) $(MISSPELT),$(eval override $(name) := $$(value $(name))))
export $(PASSED) $(MISSPELT)
ARGUMENTS := $(PLACE) $${CASE:+--case "$$CASE"} $${SEED:+--seed "$$SEED"} \
             $${VERBOSE:+--verbose}
# The value of a variable, as it is, as one word of a shell's.
quoted = '$(subst ','\'',$(value $(1)))'

# That a check has failed is no error of make's, which would end with 2 and say
# "*** Error 1" of it behind the explanation. Only where it is asked a question
# (-q) is a 1 an answer: then it ends with that, and says nothing. So those who
# call the runner are questions; with "+" their recipes are run all the same. In
# them nothing else is built, but by a make of its own.
ASKING := tutor check hint turns watch build list
ifeq ($(filter-out $(ASKING),$(or $(MAKECMDGOALS),tutor)),)
MAKEFLAGS += --question
endif
RUNNER = $(foreach name,$(MISSPELT),echo "workbook: make knows no \
    '$(name)=$$$(name)': say $$(echo $(name) | tr a-z A-Z)=$$$(name)" >&2; exit 2;) \
    MAKEFLAGS= $(MAKE) -s --no-print-directory $(WORKBOOK) PREPARED=yes \
    $(foreach name,B CC OPTIMIZE WERROR,$(name)=$(call quoted,$(name))) && \
    $(WORKBOOK)

tutor: ## grade the next unfinished lesson and say what to do next
	+@$(RUNNER) || exit 1
check: ## grade a lesson: LESSON=01 CASE=text SEED=7 FROM=dir VERBOSE=1
	+@$(RUNNER) check $(ARGUMENTS)
hint: ## a hint for the check that failed last; again: the next step of it
	+@$(RUNNER) hint
turns: ## see the turns of your program's loop: LESSON=11
	+@$(RUNNER) turns $(PLACE)
watch: # what turns was called: the runner names the commands
	+@$(RUNNER) watch
build: ## only build a lesson's programs: LESSON=01 FROM=dir
	+@$(RUNNER) build $(PLACE)
list: ## the lessons, and which are done
	+@$(RUNNER) list
skeletons: ## make the lessons' skeletons anew from the solutions
	@sh tools/skeletons.sh
test: $(WORKBOOK) ## prove the workbook itself: LESSON=11 PART=bank FRESH=1
	@sh tools/setup.sh --test && bash tests/prove/all.sh
texts: $(WORKBOOK) ## run what the lessons' texts say to type: LESSON=11
	@sh tools/setup.sh --test && python3 tests/texts/texts.py $(if \
	    $(filter undefined,$(origin LESSON)),,"$$LESSON")
mutants: $(WORKBOOK) ## which small mistakes does no check see? LESSON=11
	@sh tools/setup.sh --test && \
	    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
	    python3 tools/mutants/mutants.py $${LESSON:+"$$LESSON"}
plot: ## measure, and draw, what a text shows in a picture: LESSON=09
	@sh tools/setup.sh --test && bash tools/plot/plot.sh "$$LESSON"
fuzz: ## give what reads messages what no sane peer would send: SECONDS=60
	@sh tools/setup.sh --test && \
	    bash tests/fuzz/fuzz.sh $(if $(SECONDS),$(call quoted,SECONDS))
bench: $(WORKBOOK) ## measure how fast the verdicts come
	@bash tools/bench/bench.sh
clean: ## remove all that was built, and what is known of progress
	@[ ! -e $(B)/lock ] || flock -n $(B)/lock true || { \
	    echo "Waiting for a grading to end, or for Ctrl-C."; \
	    flock $(B)/lock true; }
	rm -rf $(B)
help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | \
	    sed 's/make tutor/make/' | expand -t 20

# --- below: how things are built ---------------------------------------------

# Everything depends on contents, not on times: tools/prepare.sh. It is run as
# this file is read, as a rule for something included would be tried again and
# again as long as the result looks old.
CONTENTS := $(B)/contents
ifeq ($(filter help clean skeletons,$(MAKECMDGOALS)),)
ifneq ($(origin PREPARED),command line)
ifneq ($(shell YES=$(call quoted,YES) sh tools/prepare.sh $(call quoted,B) \
        $(call quoted,CC)),ready)
$(error The workbook is not ready to be built, for the reason above)
endif
endif
include $(B)/config.mk
# Nothing is written outside, and nothing depends on what TMPDIR is.
export TMPDIR := $(abspath $(B))/tmp
READY := yes
endif

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
# Whoever only wants a compiler's opinion says OPTIMIZE=-O0.
OPTIMIZE := -O2
OURS := -std=gnu17 -D_GNU_SOURCE $(OPTIMIZE) -g $(WARNINGS) -Wpedantic \
        $(WERROR)
# The programs under test. Without -Wpedantic, for which printf's "%m" is a wrong
# format, and it is none here. Without _FORTIFY_SOURCE: it replaces recv() and its
# kin by checked variants that AddressSanitizer does not see, so an overflow
# would end in a bare abort instead of a report with the line.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
TESTED_FLAGS = -std=gnu17 -g -O1 -fno-omit-frame-pointer -pthread \
               $(SANITIZE) $(PATTERN_INIT) $(WARNINGS) $(WERROR)
# These warnings are always bugs. A program with one of them may work by luck,
# with one compiler and not with the next: so it is not built. All others are
# only shown. tools/workbook/remarks.c has a sentence for each.
ALWAYS_BUGS := $(addprefix -Werror=,return-type implicit-function-declaration \
    implicit-int int-conversion incompatible-pointer-types format) \
    $(NOT_ALWAYS_BUGS)
# The runner has a copy of the student's files compiled: SHOWN is what that
# copy's folder is called in the debugging information.
TESTED = $(TESTED_FLAGS) $(if $(WERROR),,$(ALWAYS_BUGS)) $(DIAGNOSTICS) \
         $(if $(SHOWN),-ffile-prefix-map=$(SRC)/$(NAME)=$(SHOWN))

# When the flags change, or the list of files, what was built with others goes.
# With the compiler, only what becomes part of a student's program does.
# Whether a warning is an error changes nothing in what comes of it.
# Of what it reads, GNU make 4.3 sometimes leaves the last newline (where its
# buffer has moved meanwhile), so ends are not compared. And it is written
# beside, as another make may just be reading it.
define keep
ifneq ($$(strip $$(file <$(1))),$$(strip $(2)))
$$(shell rm -rf $(3))
$$(file >$(1).$(MAKE_PID),$(2))
$$(shell mv $(1).$(MAKE_PID) $(1))
endif
endef
# Only names that mean nothing else to make or to a shell: a copy that somebody
# has put beside a file may be called anything.
SOURCES := $(sort $(shell { find common tests/[0-9]* -maxdepth 1 -name '*.c' \
    -type f; find tests/harness tests/unit tools/workbook -name '*.c' -type f; \
    } | grep -x '[A-Za-z0-9_./-]*'))
LINKED := $(B)/graders $(B)/workbook $(B)/unit/unit
ifdef READY
MAKE_PID := $(shell echo $$PPID)
$(eval $(call keep,$(B)/flags.ours,$(filter-out $(WERROR),$(OURS)) $(LIBRARY_CFLAGS),$(LINKED) \
    $(B)/harness $(B)/checks $(B)/tools $(B)/unit))
$(eval $(call keep,$(B)/flags.tested,$(strip $(file <$(B)/compiler)) \
    $(filter-out $(WERROR),$(TESTED_FLAGS)),\
    $(B)/common $(B)/probe $(B)/unit/unit))
$(eval $(call keep,$(B)/files,$(SOURCES),$(LINKED)))
endif

# A result appears under its name only when it is complete, so that two makes
# at the same time do no harm to each other. What it depends on of the
# workbook's files, it does by their contents.
define compile
@mkdir -p $(@D)
@$(CC) $(1) -MMD -MP -MT $@ -MF $@.$$$$.d -c -o $@.$$$$ \
    $(patsubst $(CONTENTS)/%,%,$<) && \
    sed -i -E 's#(^|[ :])(common|tests|tools)/#\1$(CONTENTS)/\2/#g' \
        $@.$$$$.d && \
    mv $@.$$$$.d $(@:.o=.d) && mv $@.$$$$ $@ || { rm -f $@.$$$$*; exit 1; }
endef
define link
@mkdir -p $(@D)
@$(CC) -o $@.$$$$ $(filter %.o,$^) $(1) && mv $@.$$$$ $@ || \
    { rm -f $@.$$$$; exit 1; }
endef

TESTED_LIBS = $(filter %.a,$^) -Wl,--as-needed $(LESSON_LIBS) $(SANITIZE) \
              -pthread
# As the runner finds them, which is built by this.
LESSONS := $(patsubst tests/%/grade.c,%,$(wildcard tests/[0-9]*/grade.c))
HARNESS := $(patsubst tests/%.c,$(B)/%.o,$(filter tests/harness/%,$(SOURCES)))
COMMON := $(patsubst %.c,$(B)/%.o,$(filter common/%,$(SOURCES)))

$(B)/harness/%.o: $(CONTENTS)/tests/harness/%.c $(B)/flags.ours
	$(call compile,$(OURS) -Itests/harness $(LIBRARY_CFLAGS))
$(B)/checks/%.o: $(CONTENTS)/tests/%.c $(B)/flags.ours
	$(call compile,$(OURS) -Itests/harness $(LIBRARY_CFLAGS))
# A lesson's grader: all the C files of its folder.
define grader
$(B)/graders/$(1): $(patsubst tests/%.c,$(B)/checks/%.o,\
                              $(filter tests/$(1)/%,$(SOURCES))) $(HARNESS) $(B)/files
	$$(call link,$(LIBRARY_LIBS) -pthread)
	@sha256sum $$@ >$$@.sum.$$$$$$$$ && mv $$@.sum.$$$$$$$$ $$@.sum
-include $(wildcard $(B)/checks/$(1)/*.d)
endef
$(foreach lesson,$(LESSONS),$(eval $(call grader,$(lesson))))
$(B)/tools/%.o: $(CONTENTS)/tools/%.c $(B)/flags.ours
	$(call compile,$(OURS) -Itools -Itests/harness $(LIBRARY_CFLAGS))
$(WORKBOOK): $(patsubst %.c,$(B)/%.o,$(filter tools/%,$(SOURCES))) \
             $(patsubst %,$(B)/harness/%.o,kernel/rlimits base/safe base/style) \
             $(B)/files
	$(call link,$(LIBRARY_LIBS))
$(B)/unit/%.o: $(CONTENTS)/tests/unit/%.c $(B)/flags.ours
	$(call compile,$(OURS) -Itests/harness -Itests/unit -Icommon $(LIBRARY_CFLAGS))
$(B)/unit/unit: $(patsubst tests/%.c,$(B)/%.o,$(filter tests/unit/%,$(SOURCES))) \
                $(filter-out %/grader/main.o,$(HARNESS)) $(COMMON) $(B)/files
	$(call link,$(LIBRARY_LIBS) $(SANITIZE) -pthread)
# What the graders know the machine by.
$(B)/probe: $(CONTENTS)/tests/probe.c $(B)/flags.tested
	@mkdir -p $(@D)
	@$(CC) $(TESTED) -o $@.$$$$ tests/probe.c && mv $@.$$$$ $@
# Whether what is right compiles, just now.
compiles:
	@$(CC) $(TESTED) -o $(B)/tmp/ccprobe.$$$$ tests/probe.c && \
	    rm -f $(B)/tmp/ccprobe.$$$$
$(B)/common/%.o: $(CONTENTS)/common/%.c $(B)/flags.tested
	$(call compile,$(TESTED))

# The programs of one lesson: NAME=01-echo-server, its sources in SRC/NAME,
# the results in OUT/NAME. A program is a file that has main() in the
# solution; the lesson's other files are linked to each of them, and take the
# place of those in common/ that have the same name: what a lesson lets you
# write, it does not give you.
ifeq ($(origin NAME),command line)
MAINS := $(basename $(notdir $(shell grep -l '^int main.' solutions/$(NAME)/*.c)))
EXTRA := $(filter-out $(MAINS:%=$(OUT)/$(NAME)/%.o),\
         $(patsubst $(SRC)/%.c,$(OUT)/%.o,$(wildcard $(SRC)/$(NAME)/*.c)))
GIVEN := $(filter-out $(patsubst $(SRC)/$(NAME)/%.c,$(B)/common/%.o,\
         $(wildcard $(SRC)/$(NAME)/*.c)),$(COMMON))
programs: $(MAINS:%=$(OUT)/$(NAME)/%)
$(OUT)/$(NAME)/%.o: $(SRC)/$(NAME)/%.c $(B)/flags.tested
	$(call compile,$(TESTED) -Icommon)
# An archive: a program gets what it uses of it, and no more.
$(OUT)/$(NAME)/given.a: $(GIVEN)
	@mkdir -p $(@D)
	@rm -f $@.$$$$ && $(AR) rcs $@.$$$$ $^ && mv $@.$$$$ $@
$(MAINS:%=$(OUT)/$(NAME)/%): %: %.o $(EXTRA) $(OUT)/$(NAME)/given.a
	$(call link,$(TESTED_LIBS))
-include $(wildcard $(OUT)/$(NAME)/*.d)

# Programs of the lesson's bank (tests/prove/bank.py). Each has a folder in BANK
# with those of its files that are not as in SRC/NAME; all else is shared with
# what was made of that.
ifeq ($(origin BANK),command line)
BANKED := $(patsubst %/,%,$(dir $(wildcard $(addsuffix /*.c,$(wildcard $(BANK)/*)))))
$(BANK)/%.o: $(BANK)/%.c $(B)/flags.tested
	$(call compile,$(TESTED) -Icommon \
	    -ffile-prefix-map=$(<D)=$(SRC)/$(NAME))
define banked
bank: $(1)/$(2)
$(1)/$(2): $(foreach object,$(2).o $(notdir $(EXTRA)),$(if \
    $(wildcard $(1)/$(object:.o=.c)),$(1),$(OUT)/$(NAME))/$(object)) \
    $(OUT)/$(NAME)/given.a
	$$(call link,$$(TESTED_LIBS))
endef
$(foreach folder,$(sort $(BANKED)),$(foreach main,$(MAINS),\
    $(eval $(call banked,$(folder),$(main)))))
endif
endif

flags:
	@echo '$(TESTED)'
ready:

# All that can be built, for a compiler's opinion of it.
everything: $(WORKBOOK) $(LESSONS:%=$(B)/graders/%) $(B)/unit/unit
	@for name in $(LESSONS); do for from in lessons solutions; do \
	    $(MAKE) programs NAME=$$name SRC=$$from OUT=$(B)/$$from B=$(B) \
	        || exit 1; \
	done; done

-include $(wildcard $(B)/harness/*/*.d $(B)/tools/*/*.d $(B)/tools/*/*/*.d $(B)/unit/*.d \
                    $(B)/unit/*/*.d $(B)/common/*.d)

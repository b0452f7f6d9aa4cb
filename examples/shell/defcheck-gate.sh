#!/bin/sh
# Gate a deployment: run a guideline's tests against a cloud and say whether what
# is new since an accepted run stops it.
#
#   GATE_BASELINE=accepted.json defcheck-gate.sh CLOUD GUIDELINE TARGET
#   GATE_BASELINE=none defcheck-gate.sh mycloud 2020.06 platform
#
# CLOUD is a name in clouds.yaml. Required in the environment:
#   GATE_BASELINE     the accepted run: a verdict.json, made by
#                     `defcheck report RUN -f json:accepted.json`; or none, for a first
#                     run: the gate then opens only if every test meets the rule
# The environment may say more:
#   GATE_KNOWN        known failures, until they expire: an overlay file
#   GATE_FAIL_ON      what closes the gate; by default "fail regression"
#   GATE_ACCOUNTS     an accounts.yaml with the users of the tests
#   GATE_TEMPEST_CONF a tempest.conf of your own
#   GATE_WORKERS      how many tests at a time
#   GATE_OUT          a new folder for the run and its reports; by default
#                     defcheck-gate-<time>
#   GATE_UNCLEAR      stop (default) or go: what to do where the gate is unclear
#   DEFCHECK          the command; by default defcheck
#
# Exit codes, those of defcheck:
#   0    open: nothing new stands against the deployment
#   1    closed: something that passed, or was not known to fail, fails
#   2    the recipe is wrong: an option, a file, a name in clouds.yaml
#   3    could not tell: nothing accepts tests without a pass, or the results are cut off
#   4    could not tell: the cloud, or Tempest, could not be used at all
#   130  interrupted
# Only 0 lets a deployment go on, and 3 where GATE_UNCLEAR is go. The last line on
# standard output is the result.
set -eu
umask 077

if [ $# -ne 3 ]; then
    echo "Usage: $0 CLOUD GUIDELINE TARGET" >&2
    exit 2
fi
cloud=$1 guideline=$2 target=$3
defcheck=${DEFCHECK:-defcheck}
baseline=${GATE_BASELINE:-}
unclear=${GATE_UNCLEAR:-stop}
out=${GATE_OUT:-defcheck-gate-$(date -u +%Y%m%dT%H%M%SZ)}
run=$out/run reports=$out/reports

case $unclear in
stop | go) ;;
*)
    echo "GATE_UNCLEAR is $unclear, not stop or go." >&2
    exit 2
    ;;
esac
# Before an hour of tests, not after it.
if [ -z "$baseline" ]; then
    echo "GATE_BASELINE is not set. Set it to the verdict.json of the accepted run," \
        "or to none for a first run without a baseline." >&2
    exit 2
elif [ "$baseline" = none ]; then
    baseline=
elif [ ! -e "$baseline" ]; then
    echo "The baseline $baseline does not exist. Make it with" \
        "'defcheck report RUN -f json:FILE', or set GATE_BASELINE to none" \
        "for a first run without a baseline." >&2
    exit 2
fi
if [ -n "${GATE_KNOWN:-}" ] && [ ! -e "$GATE_KNOWN" ]; then
    echo "The list of known failures $GATE_KNOWN does not exist." >&2
    exit 2
fi
if [ -e "$out" ]; then
    echo "$out exists already; an old report must not pass for a new one." >&2
    exit 2
fi
mkdir -p "$reports"

# The code of a verdict is no code of the gate: what failed may be known.
code=0
"$defcheck" run --cloud "$cloud" --guideline "$guideline" --target "$target" --output "$run" \
    ${GATE_ACCOUNTS:+--accounts "$GATE_ACCOUNTS"} \
    ${GATE_TEMPEST_CONF:+--tempest-conf "$GATE_TEMPEST_CONF"} \
    ${GATE_WORKERS:+--workers "$GATE_WORKERS"} \
    -f text -f "markdown:$reports/summary.md" -f "junit:$reports/junit.xml" || code=$?
for report in report.html verdict.json; do
    if [ -f "$run/$report" ]; then cp "$run/$report" "$reports/"; fi
done
case $code in
0 | 1 | 3) ;;
*)
    echo "GATE NOT REACHED  defcheck run ended with exit code $code."
    exit "$code"
    ;;
esac

rules=
for rule in ${GATE_FAIL_ON:-fail regression}; do rules="$rules --fail-on $rule"; done
code=0
# shellcheck disable=SC2086 # the rules are words
line=$("$defcheck" gate "$run" --quiet $rules \
    ${baseline:+--baseline "$baseline"} \
    ${GATE_KNOWN:+--known "$GATE_KNOWN"} \
    -f text -f "text:$reports/gate.txt" -f "markdown:$reports/gate.md" \
    -f "json:$reports/gate.json") || code=$?
if [ -f "$reports/gate.txt" ]; then
    echo
    cat "$reports/gate.txt"
fi
if [ "$code" -eq 3 ] && [ "$unclear" = go ]; then
    line="$line Going on all the same."
    code=0
fi
echo "${line:-GATE NOT REACHED  defcheck gate ended with exit code $code.}"
exit "$code"

"""What a submission package consists of."""

from defcheck.submit.bundle import MANIFEST, SIGNATURE

BUNDLE = "bundle.tar"
REPORT = "report.html"
README = "README.txt"
SYSTEM = "system.yaml"
SECTIONS = "designated-sections.yaml"
PROPERTIES = "additional-properties.yaml"
FLAGS = "flag-requests.yaml"
SCS_REPORT = "scs-report.yaml"
GUIDELINE_FLAGS = "guideline-flags.json"

FORMS = (SYSTEM, SECTIONS, PROPERTIES, FLAGS, SCS_REPORT)
"""Files that a vendor fills in; which of them a package has depends on its run."""

KNOWN = frozenset(
    {BUNDLE, REPORT, README, *FORMS, GUIDELINE_FLAGS, MANIFEST, SIGNATURE},
)

WORDS = {
    BUNDLE: "the evidence; leave it as it is: defcheck verify bundle.tar",
    REPORT: "the report for people; leave it as it is",
    SYSTEM: "form: what was tested, who answers for it, how it is built",
    SECTIONS: "form: which designated code the product ships and runs",
    PROPERTIES: "form: whether API answers hold more than the standard ones",
    FLAGS: "form: the tests without a pass, a flag request for each",
    SCS_REPORT: "form: the report for the SCS compliance monitor",
}
"""What each file is, as README.txt tells it."""

FOLDER = "defcheck-package/"
"""Where everything lies in a sealed package."""

NAMESPACE = "defcheck-package@v1"
"""What the signature of a sealed package is for."""

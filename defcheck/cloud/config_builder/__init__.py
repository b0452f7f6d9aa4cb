"""Build tempest.conf from what was discovered of a cloud, each value with its origin.

python-tempestconf 3.5.4 was compared with this on the labs, and is not used:
on the full lab it uploads an image, a public one as an administrator, without
`--create` and with `--non-admin`; it needs a local image file or a download; it
chooses `admin`, or the role Member that no current cloud has, as the operator
role, with which all 64 storage tests fail; it writes the lock path into a section
that Tempest does not read; as a plain user it configures no accounts at all; and
it does not say where a value comes from. Whatever else it discovers (extensions,
microversions, flavors and networks) is discovered here too.
"""

"""Live calls of the client that openapi-python-client generated: python live.py http://127.0.0.1:8080"""

import sys

from python_client import Client
from python_client.api.certifications import get_certification, list_certifications
from python_client.api.changes import get_diff, list_changes, report_since
from python_client.api.publishing import publish_version
from python_client.api.registry import get_registry
from python_client.api.versions import get_document, get_version
from python_client.models import Problem, SinceItem, SinceRequest, VersionSubmissionJson

client = Client(base_url=sys.argv[1])

registry = get_registry.sync(client=client)
assert registry.log_size > 1, registry
page = list_certifications.sync(client=client, limit=2)
assert len(page.items) == 2 and page.next_cursor
first = page.items[0]
view = get_certification.sync(first.supplier, first.service, client=client)
assert view.version >= 1 and len(view.content.content.responses) == 44, view.version
version = get_version.sync(first.supplier, first.service, 1, client=client)
assert version.version.digest.startswith("sha256:")
document = get_document.sync_detailed(first.supplier, first.service, 1, client=client)
assert document.status_code == 200 and document.content.startswith(b"{\n")
diff = get_diff.sync(first.supplier, first.service, client=client, from_=1)
assert diff.headline and diff.to.version == view.version
report = report_since.sync(
    client=client,
    body=SinceRequest(items=[SinceItem(certification=first.id, signed_up_on="2019"), SinceItem(certification="no/body", signed_up_on="2019")]),
)
assert [item.outcome for item in report.items][1] == "failed", report

after, events = 0, 0
while True:
    changes = list_changes.sync(client=client, after=after, limit=5)
    events += len(changes.items)
    after = changes.next_
    if not changes.more:
        break
assert events == registry.log_size - 1, (events, registry.log_size)

refused = publish_version.sync_detailed(
    first.supplier, first.service, client=client, body=VersionSubmissionJson(document="{}\n", signature="x")
)
assert refused.status_code == 422 and isinstance(refused.parsed, Problem) and refused.parsed.errors, refused
missing = get_version.sync(first.supplier, first.service, 999, client=client)
assert isinstance(missing, Problem) and missing.code == "version-not-found", missing
print("Python client: all calls as described")

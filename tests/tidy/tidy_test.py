"""Each rule of tidy.py finds the tree that breaks it."""

import pathlib
import tempfile
import unittest

import tidy


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name in ("libs", "services", "tools", "tests"):
            (self.root / name).mkdir()

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def assert_found(self, words):
        found = list(tidy.findings(self.root))
        self.assertTrue(any(words in f for f in found), found)

    def test_domain_is_pure(self):
        for header in ("<grpcpp/grpcpp.h>", "<rocksdb/db.h>", '"libs/stream/context.h"', "<fstream>",
                       '"libs/rpc/call.h"', '"dangol/offer/v1/a.grpc.pb.h"', '"absl/time/clock.h"'):
            self.write("services/offer/domain/a.h", f"#include {header}\n")
            self.assert_found("domain/ includes the infrastructure header")

    def test_domain_may_count(self):
        self.write("services/offer/README.md", "")
        self.write("services/offer/domain/a.h", "#include <vector>\n"
                   '#include "libs/stats/lift.h"\n#include "dangol/offer/v1/offer.pb.h"\n')
        self.assertEqual([], list(tidy.findings(self.root)))

    def test_alerts_are_tried_and_explained(self):
        self.write("deploy/prometheus/alerts.yml", "rules:\n  - alert: Fire\n")
        self.write("deploy/prometheus/alerts_test.yml", "")
        self.write("docs/operations.md", "\n| `Fire` | run |\n")
        self.assert_found("does not try Fire")
        self.write("deploy/prometheus/alerts_test.yml", "  - alertname: Fire\n")
        self.write("docs/operations.md", "")
        self.assert_found("no row for the alert Fire")

    def test_dependencies_point_down(self):
        self.write("libs/base/a.cc", '#include "services/offer/app.h"\n')
        self.assert_found("a library includes a service")
        self.write("services/offer/a.cc", '#include "tools/client/call.h"\n')
        self.assert_found("a service includes a tool")

    def test_clients_of_servers_stay_in_their_rooms(self):
        self.write("libs/stream/a.cc", "#include <librdkafka/rdkafka.h>\n")
        self.assert_found("librdkafka outside")
        self.write("libs/stream/b.cc", "#include <hiredis/hiredis.h>\n")
        self.assert_found("hiredis outside")

    def test_services_never_include_each_other(self):
        self.write("services/offer/a.cc", '#include "services/profile/app.h"\n')
        self.assert_found("service offer includes service profile")

    def test_the_five_in_one_process_may(self):
        self.write("services/dangold/README.md", "")
        self.write("services/dangold/a.cc", '#include "services/profile/app.h"\n')
        self.assertEqual([], list(tidy.findings(self.root)))

    def test_rocksdb_stays_below(self):
        self.write("libs/stream/a.cc", "#include <rocksdb/db.h>\n")
        self.assert_found("RocksDB outside")

    def test_the_wall_clock_stays_below(self):
        for clock in ("std::chrono::system_clock::now()", "std::time(0)", "absl::GetCurrentTimeNanos()"):
            self.write("services/offer/a.cc", f"auto t = {clock};\n")
            self.assert_found("reads the wall clock")

    def test_every_room_has_a_readme(self):
        (self.root / "libs/stats").mkdir()
        self.assert_found("libs/stats: no README.md")

    def test_the_event_graph_is_the_documented_one(self):
        self.write("services/offer/README.md", "")
        self.write("services/offer/CMakeLists.txt", "")
        for spec in (
            "spec.inputs = {Topic::kCustomer}; spec.outputs = {Topic::kDecision};",
            "return {.inputs = {Topic::kCustomer}, .outputs = {Topic::kDecision}};",
            "return {Service::kOffer, {Topic::kCustomer},\n {Topic::kDecision, InboxOf(s)}, make};",
            "spec.inputs = {Topic::kCustomer}; spec.outputs = {Topic::kDecision, Topic::kInboxOffer};",
        ):
            self.write("services/offer/processor.cc", "ServiceSpec Spec() { " + spec + " }")
            self.write("ARCHITECTURE.md", "| offer | customer | decision |\n")
            self.assertEqual([], list(tidy.findings(self.root)), spec)
            self.write("ARCHITECTURE.md", "| offer | customer, segment | decision |\n")
            self.assert_found("the event graph says")

    def test_a_service_without_a_spec(self):
        self.write("services/offer/README.md", "")
        self.write("services/offer/CMakeLists.txt", "")
        self.assert_found("no ServiceSpec")


if __name__ == "__main__":
    unittest.main()

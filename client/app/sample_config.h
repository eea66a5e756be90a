#pragma once
// What `muster-edge sample-config` prints: a file that works once its paths are one's own.

namespace muster::client {

inline constexpr char kSampleConfig[] =
    R"(# muster-edge --config FILE. Relative paths are relative to this file's folder.
state_dir: muster-edge-state      # Keys, certificates, held updates, cached models. Keep it.
join_file: site.join              # From `muster token create --out site.join`; needed until enrolled.
parallel_tasks: 1                 # Tasks trained at once.
# produces: {contract: turbofan, version: 3}   # What the rows are made under (a node may say its own):
#                                 # no campaign whose model cannot read that asks this site.
# hardware: jetson-nano           # Its class, as models are certified for it. Default: x86-64, aarch64.

nodes:
  - name: engine-001              # [a-z0-9][a-z0-9._-]*, unique in the fleet.
    labels: {site: lyon, fleet: turbofan}
    pipeline:
      ingest:
        csv:
          path: data/engine-001.csv
          # columns: {T30: sensor_3}   # Contract field -> column, where they differ.
      train:
        torchscript: {}           # In the worker process muster-torch; or any program:
        # exec: {command: [python3, train.py]}   # The task directory is added at the end.
        windows: last             # For evaluation: last or all.
        time_limit: 10m
      # serve:                    # A model on these rows as they come (docs/SERVING.md).
      #   model: turbofan         # By its alias: champion, unless told otherwise.
      #   sinks: [{file: {path: predictions.jsonl}}]
      #   monitors_file: monitors.yaml   # Rules of this site, beside the coordinator's.

# What this site allows, whatever a server asks. Leave out what you do not want to limit. The same
# fields may stand in a file that the site's owner keeps: policy_file: /etc/muster/policy.yaml
policy:
  campaigns: ["turbofan*"]        # Names, or a prefix and '*'.
  hours: [{from: "20:00", to: "06:00"}]   # Local time; may wrap midnight.
  least_cohort: 10                # Never train alone or nearly so.
  bytes_a_day: 200000000          # Down and up together, by UTC day.
  statistics: true                # False: rows are counted for nobody, not even in a masked sum.
  secure:                         # The least terms on which to join in secure aggregation.
    required: false               # True: refuse every assignment whose results stand alone.
    least: 10                     # Fewest devices in any sum; left out: 3.
    corrupt: 0.1                  # Of a cohort, those that may work with the server (left out: 0.1)
    dropout: 0.1                  # and that may vanish (0), which a campaign must withstand.
    curious: false                # True: a server that is trusted to follow the protocol will do.

# What is told outside of rounds, kept on disk until the coordinator has it (docs/TELEMETRY.md).
# telemetry: {most_bytes: 67108864, local_http: "127.0.0.1:0"}   # Of all nodes; "off": no local HTTP.
# torch: {worker: /usr/lib/muster/muster-torch}   # Default: beside muster-edge, else from PATH.
log: {level: info, format: text}
)";

}  // namespace muster::client

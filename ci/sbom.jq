# The library's bill of materials in CycloneDX 1.5, of three texts: $all and $normal, what `cargo tree --prefix depth --no-dedupe
# --format '{p}|{l}'` prints with build dependencies and without; $lock, Cargo.lock. No time and no serial number: the same
# inputs give the same bytes.

# {depth, name, version, macro, licence} of each line of a tree
def lines:
  split("\n")[] | select(. != "")
  | capture("^(?<depth>[0-9]+)(?<name>[^ ]+) v(?<version>[^ |]+)(?<rest>[^|]*)\\|(?<licence>.*)$")
  | {depth: (.depth | tonumber), name, version, macro: (.rest | contains("(proc-macro)")),
     licence: (.licence | gsub("/"; " OR ") | ltrimstr(" "))};

def purl: "pkg:cargo/\(.name)@\(.version)";

# {purl: SHA-256 of the .crate file}
def checksums:
  [$lock | split("[[package]]\n")[1:][]
   | select(test("checksum = "))
   | capture("name = \"(?<name>[^\"]+)\"\nversion = \"(?<version>[^\"]+)\"(.|\n)*checksum = \"(?<sum>[0-9a-f]{64})\"")
   | {key: purl, value: .sum}]
  | from_entries;

# {root, nodes by purl, edges by purl}. `macro` is true of what stands behind a procedural macro on every way.
def graph:
  reduce lines as $line ({way: [], nodes: {}, edges: {}};
    .way |= .[:$line.depth]
    | .way[-1] as $parent
    | ($line | purl) as $ref
    | ($line.macro or ($parent.macro // false)) as $macro
    | .nodes[$ref] = $line + {macro: ((.nodes[$ref].macro // true) and $macro)}
    | .edges[$ref] += []
    | if $parent then .edges[$parent.ref] += [$ref] else .root = $ref end
    | .way += [{ref: $ref, $macro}]);

($normal | graph.nodes | map_values(select(.macro | not))) as $linked
| ($all | graph)
| checksums as $sums
| .root as $root
| (.nodes[$root]) as $library
| {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: {
        type: "library", "bom-ref": $root, name: $library.name, version: $library.version,
        licenses: [{expression: $library.licence}], purl: $root
      },
      properties: [{name: "quorate:features", value: "all"}, {name: "quorate:targets", value: "all"}]
    },
    components: [
      .nodes | del(.[$root]) | to_entries | sort_by(.key)[]
      | {
          type: "library", "bom-ref": .key, name: .value.name, version: .value.version,
          # What runs in the compiler alone, build scripts and procedural macros, is "excluded".
          scope: (if $linked[.key] then "required" else "excluded" end),
          hashes: [{alg: "SHA-256", content: ($sums[.key] // error("no checksum of \(.key) in Cargo.lock"))}],
          licenses: [{expression: .value.licence}],
          purl: .key
        }
    ],
    dependencies: [.edges | to_entries | sort_by(.key)[] | {ref: .key, dependsOn: (.value | unique)}]
  }

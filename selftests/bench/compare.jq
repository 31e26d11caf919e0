# SPDX-License-Identifier: GPL-2.0-only
# Rows of the benchmark's cost part, of the paths "old" and "new", in turns -> a table of their
# times, by the median of the rounds, and the old one's over the new one's.
def median: sort | if length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def right($n): tostring | (" " * ([$n - length, 0] | max)) + .;
def left($n): . + (" " * ([$n - length, 0] | max));
def fixed($digits): . * pow(10; $digits) | round | tostring
	| if length <= $digits then "0" * ($digits + 1 - length) + . else . end
	| .[:-$digits] + "." + .[-$digits:];

# Rounds in which the core was not shared with a stranger, if there are three; else all.
(map(.pace) | min) as $best
| group_by([.traffic, .sources])
| map({
	name: "\(.[0].traffic), \(.[0].sources)",
	time: (group_by(.path) | map({
		key: .[0].path,
		value: (. as $all | [map(select(.pace < 1.25 * $best)) | select(length >= 3)][0] // $all
			| map(.ns) | median)}) | from_entries)}
	# A row that only one of them knows is not compared.
	| select(.time.old and .time.new)
	| . + {ratio: (.time.old / .time.new)})
| (map(.ratio | log) | add / length | exp) as $mean
| (min_by(.ratio)) as $slowest
| (sort_by(.ratio) | .[]
	| "\(.name | left(44))\(.time.old | fixed(1) | right(8))\(.time.new | fixed(1) | right(8))\(
	   .ratio | fixed(3) | right(8))"),
  "geometric mean \($mean | fixed(3)) of \(length) rows, least \($slowest.ratio | fixed(3)) (\($slowest.name))",
  if $mean >= $least and $slowest.ratio >= $worst then "fast enough"
  else "too slow: \($least) and \($worst) are asked for" end

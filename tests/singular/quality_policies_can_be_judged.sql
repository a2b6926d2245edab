-- Fails on a row of quality_policies that is wrong. The result names the row and what is wrong.
{{ policy_faults(ref('quality_policies')) }}

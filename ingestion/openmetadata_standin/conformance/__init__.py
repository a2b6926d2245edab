"""What a server does, manner by manner: one probe a manner, run on a real server and the stand-in.

The tests of the stand-in run these probes, and so does `logmart-catalog conformance`.
"""

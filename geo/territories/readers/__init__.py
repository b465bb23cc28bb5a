"""Where territories come from: a folder of files, the official services, or our approximation.

Each module reads one source; `chain` puts them in order. Leaves storage to the services.
"""

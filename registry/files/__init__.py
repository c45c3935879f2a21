"""Uploads: photos and documents of organisations, checked by what they are, kept outside anything that is served.

A file is taken in two steps. `intake.prepare` receives and checks it, and makes a picture anew, with no transaction
open, since that takes a second; `operations.attach` then keeps it in the caller's transaction.
"""

"""The API reference: one OpenAPI document and one page, made from the code and the words kept here."""

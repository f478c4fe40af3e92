"""The API's OpenAPI 3.1 document, made of its Swagger 2.0 schema."""

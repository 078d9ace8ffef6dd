//! Requests and replies between the server and its web app; source of the OpenAPI document.

//! The page to sign in on.

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sign in</title>\
    <style>body{font:16px/1.5 sans-serif;max-width:24em;margin:4em auto;padding:0 1em}\
    label{display:block;margin:1em 0}input:not([type=checkbox]){width:100%;font:inherit}button{font:inherit}</style>\
    <h1>Sign in</h1>";

/// Writes the page; the wish goes back with the form as it came.
pub(super) fn write(client: &str, query: &str) -> String {
    format!(
        "{HEAD}<p>This is a simulated provider. It takes anybody for whom they say they are, for <b>{}</b>.</p>\
         <form method=\"post\" action=\"/oidc/authorize?{}\">\
         <label>E-mail address <input name=\"email\" type=\"email\" required autofocus></label>\
         <label>Name <input name=\"name\"></label>\
         <label><input type=\"checkbox\" name=\"unverified\" value=\"true\"> The address was never verified</label>\
         <button>Sign in</button> <button name=\"cancel\" value=\"true\" formnovalidate>Cancel</button></form>",
        escaped(client),
        escaped(query)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn a_client_cannot_write_on_the_page() {
        let page = write("<script>", "a=\"><script>");
        assert!(!page.contains("<script>"), "{page}");
    }
}

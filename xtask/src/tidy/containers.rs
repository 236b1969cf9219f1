//! The container files. No engine is needed to see that they are well-formed.

use yaml_rust2::{Yaml, YamlLoader};

use super::{File, Finding, Rule};

const COMPOSE: Rule = Rule {
    what: "docker-compose.yml describes services that Compose can start",
    why: "nothing else looks at it before someone starts it",
};
const DOCKERFILE: Rule = Rule {
    what: "the Dockerfile has instructions that Docker knows",
    why: "nothing else looks at it before someone builds the image",
};
const INSTRUCTIONS: [&str; 16] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// What an engine would refuse.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let find = |path: &str| files.iter().find(|file| file.path == path);
    let mut findings = Vec::new();
    if let Some(file) = find("docker-compose.yml") {
        let problems = compose(&file.text);
        findings.extend(problems.iter().map(|problem| Finding::with(&COMPOSE, &file.path, problem)));
    }
    if let Some(file) = find("Dockerfile") {
        let problems = dockerfile(&file.text);
        findings.extend(problems.iter().map(|problem| Finding::with(&DOCKERFILE, &file.path, problem)));
    }
    findings
}

fn compose(text: &str) -> Vec<String> {
    let documents = match YamlLoader::load_from_str(text) {
        Ok(documents) => documents,
        Err(error) => return vec![error.to_string()],
    };
    let [document] = documents.as_slice() else {
        return vec!["it is not one document".to_owned()];
    };
    let services: Vec<(&str, &Yaml)> = entries(&document["services"]).collect();
    if services.is_empty() {
        return vec!["it has no services".to_owned()];
    }
    let mut problems = Vec::new();
    for &(name, service) in &services {
        if service["image"].is_badvalue() && service["build"].is_badvalue() {
            problems.push(format!("{name} has neither an image nor a build"));
        }
        for port in strings(&service["ports"]) {
            if !port.starts_with("127.0.0.1:") {
                problems.push(format!("{name} publishes {port} to the network"));
            }
        }
        for volume in strings(&service["volumes"]) {
            let source = volume.split(':').next().unwrap_or_default();
            let named = || entries(&document["volumes"]).any(|(name, _)| name == source);
            if !source.starts_with(['.', '/']) && !named() {
                problems.push(format!("{name} mounts {source}, which is no volume"));
            }
        }
        for (other, condition) in entries(&service["depends_on"]) {
            let healthy = condition["condition"].as_str() == Some("service_healthy");
            match services.iter().find(|(name, _)| *name == other) {
                None => problems.push(format!("{name} depends on {other}, which is no service")),
                Some((_, other_service)) if healthy && other_service["healthcheck"].is_badvalue() => {
                    problems
                        .push(format!("{name} waits until {other} is healthy, which has no health check"));
                }
                Some(_) => {}
            }
        }
    }
    problems
}

fn entries(map: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    map.as_hash().into_iter().flatten().filter_map(|(key, value)| Some((key.as_str()?, value)))
}

fn strings(list: &Yaml) -> impl Iterator<Item = &str> {
    list.as_vec().into_iter().flatten().filter_map(Yaml::as_str)
}

fn dockerfile(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut stages: Vec<String> = Vec::new();
    let mut user = "root".to_owned();
    for instruction in instructions(text) {
        let (keyword, rest) = instruction.split_once(' ').unwrap_or((&instruction, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        if !INSTRUCTIONS.contains(&keyword) {
            problems.push(format!("{keyword} is no instruction"));
        }
        if stages.is_empty() && !matches!(keyword, "FROM" | "ARG") {
            problems.push(format!("{keyword} comes before the first FROM"));
        }
        if words.is_empty() {
            problems.push(format!("{keyword} says nothing"));
        }
        match keyword {
            "FROM" => {
                "root".clone_into(&mut user);
                let name = words
                    .iter()
                    .position(|word| word.eq_ignore_ascii_case("as"))
                    .map(|at| words[at + 1..].join(""));
                stages.push(name.unwrap_or_default());
            }
            "USER" => rest.trim().clone_into(&mut user),
            "COPY" => {
                let from = words.iter().find_map(|word| word.strip_prefix("--from="));
                if let Some(from) = from
                    && !stages.iter().any(|stage| stage == from)
                {
                    problems.push(format!("COPY from {from}, which is no stage before it"));
                }
            }
            "CMD" | "ENTRYPOINT" if !rest.starts_with('[') || !rest.ends_with(']') => {
                problems.push(format!("{keyword} is no JSON list, so a shell would swallow signals"));
            }
            _ => {}
        }
    }
    if user == "root" {
        problems.push("the last stage runs as root".to_owned());
    }
    problems
}

/// Instructions with their continuation lines joined.
fn instructions(text: &str) -> Vec<String> {
    let mut instructions = Vec::new();
    let mut current = String::new();
    let lines = text.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let continued = line.strip_suffix('\\');
        current.push_str(continued.unwrap_or(line).trim_end());
        if continued.is_some() {
            current.push(' ');
        } else {
            instructions.push(std::mem::take(&mut current));
        }
    }
    if !current.is_empty() {
        instructions.push(current);
    }
    instructions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_dockerfile_has_no_problems() {
        let text = "# Why\nFROM a AS build\nRUN one \\\n    && two\nFROM b\nCOPY --from=build /x /x\nUSER me\nCMD [\"x\"]\n";
        assert_eq!(dockerfile(text), Vec::<String>::new());
    }

    #[test]
    fn a_dockerfile_with_faults_is_refused() {
        let text = "RUN x\nFROM a\nCOPPY x y\nCOPY --from=build /x /x\nCMD x\n";
        assert_eq!(
            dockerfile(text),
            [
                "RUN comes before the first FROM",
                "COPPY is no instruction",
                "COPY from build, which is no stage before it",
                "CMD is no JSON list, so a shell would swallow signals",
                "the last stage runs as root",
            ]
        );
    }

    #[test]
    fn a_compose_file_with_faults_is_refused() {
        let text = "services:\n  a:\n    ports: [\"8080:8080\"]\n    volumes: [\"data:/data\"]\n    depends_on:\n      \
                    b: { condition: service_healthy }\n      c: { condition: service_started }\n  b:\n    image: b\n";
        assert_eq!(
            compose(text),
            [
                "a has neither an image nor a build",
                "a publishes 8080:8080 to the network",
                "a mounts data, which is no volume",
                "a waits until b is healthy, which has no health check",
                "a depends on c, which is no service",
            ]
        );
    }
}

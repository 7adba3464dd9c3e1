// HL7's validator, offline: java JavaValidator.java SUITES SECONDS RESULTS.jsonl
// Measures the examples, parsed once and warm, and prints one JSON line; writes what it finds in the
// validator suite's self-contained cases (nothing to load, no options) in the form of score.py.
import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r5.elementmodel.Element;
import org.hl7.fhir.r5.elementmodel.Manager;
import org.hl7.fhir.r5.elementmodel.Manager.FhirFormat;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;
import org.hl7.fhir.utilities.json.model.JsonArray;
import org.hl7.fhir.utilities.json.model.JsonObject;
import org.hl7.fhir.utilities.json.parser.JsonParser;
import org.hl7.fhir.utilities.validation.ValidationMessage;
import org.hl7.fhir.validation.ValidationEngine;
import org.hl7.fhir.validation.instance.InstanceValidator;
import org.hl7.fhir.validation.instance.advisor.BasePolicyAdvisorForFullValidation;
import org.hl7.fhir.validation.service.model.InstanceValidatorParameters;

public class JavaValidator {
  private static ValidationEngine engine;

  // References that cannot be resolved are no errors, example.org is allowed: as the suite has it.
  private static InstanceValidator validator(FhirFormat format) throws Exception {
    InstanceValidatorParameters parameters = new InstanceValidatorParameters()
        .setAssumeValidRestReferences(true).setAllowExampleUrls(true);
    InstanceValidator validator = engine.getValidator(format, parameters);
    validator.setPolicyAdvisor(
        new BasePolicyAdvisorForFullValidation(ReferenceValidationPolicy.IGNORE, Set.of()));
    return validator;
  }

  private static boolean isError(ValidationMessage message) {
    return message.getLevel() == ValidationMessage.IssueSeverity.ERROR
        || message.getLevel() == ValidationMessage.IssueSeverity.FATAL;
  }

  private static void measure(Path folder, double seconds, PrintStream out) throws Exception {
    List<Path> files;
    try (var walk = Files.walk(folder)) {
      files = walk.filter(path -> path.toString().endsWith(".json")).toList();
    }
    InstanceValidator validator = validator(FhirFormat.JSON);
    List<Element> resources = new ArrayList<>();
    int flagged = 0;
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      if (!JsonParser.parseObject(bytes).has("resourceType")) continue;
      Element element =
          Manager.parseSingle(engine.getContext(), new ByteArrayInputStream(bytes), FhirFormat.JSON);
      resources.add(element);
      List<ValidationMessage> messages = new ArrayList<>();
      validator.validate(null, messages, null, element);
      if (messages.stream().anyMatch(JavaValidator::isError)) ++flagged;
    }
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    long start = clock.getCurrentThreadCpuTime();
    int rounds = 0;
    do {
      for (Element element : resources)
        validator.validate(null, new ArrayList<>(), null, element);
      ++rounds;
    } while (clock.getCurrentThreadCpuTime() - start < seconds * 1e9);
    double perSecond = rounds * (double) resources.size() * 1e9 / (clock.getCurrentThreadCpuTime() - start);
    out.println("{\"validator\":\"HL7 Java\",\"resources\":" + resources.size()
        + ",\"perSecond\":" + perSecond + ",\"flagged\":" + flagged + "}");
  }

  private static void replay(Path suite, Path results) throws Exception {
    JsonObject manifest = JsonParser.parseObjectFromFile(suite.resolve("manifest.json").toString());
    StringBuilder lines = new StringBuilder();
    for (JsonObject check : manifest.getJsonArray("checks").asJsonObjects()) {
      JsonArray load = check.getJsonArray("load");
      JsonObject options = check.getJsonObject("options");
      JsonObject fetch = check.getJsonObject("fetch");
      boolean alone = check.asString("mode").equals("base") && (load == null || load.size() == 0)
          && (options == null || options.getProperties().isEmpty())
          && (fetch == null || fetch.getProperties().isEmpty());
      if (!alone) continue;
      FhirFormat format = check.asString("format").equals("xml") ? FhirFormat.XML : FhirFormat.JSON;
      JsonObject line = new JsonObject();
      line.add("id", check.asString("id"));
      try {
        List<ValidationMessage> messages = new ArrayList<>();
        byte[] bytes = Files.readAllBytes(suite.resolve(check.asString("input")));
        validator(format).validate(null, messages, new ByteArrayInputStream(bytes), format);
        JsonArray issues = new JsonArray();
        for (ValidationMessage message : messages) {
          JsonObject issue = new JsonObject();
          issue.add("severity", isError(message) ? "error" : "warning");
          issue.add("expression", message.getLocation());
          issues.add(issue);
        }
        line.add("issues", issues);
      } catch (Exception | StackOverflowError failure) {
        line.add("crash", true);
      }
      lines.append(JsonParser.compose(line, false)).append('\n');
    }
    Files.writeString(results, lines);
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    System.setOut(System.err);
    engine = new ValidationEngine.ValidationEngineBuilder().withVersion("4.0.1")
        .withNoTerminologyServer().withCanRunWithoutTerminologyServer(true)
        .fromSource("hl7.fhir.r4.core#4.0.1");
    Path suites = Path.of(arguments[0]);
    measure(suites.resolve("examples"), Double.parseDouble(arguments[1]), out);
    replay(suites.resolve("validator"), Path.of(arguments[2]));
  }
}

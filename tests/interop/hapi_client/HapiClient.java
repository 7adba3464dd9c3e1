// The HAPI FHIR client's range against a FHIR base address: one line for each step, 1 at the first
// that does not hold.
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.CacheControlDirective;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.PreferReturnEnum;
import ca.uhn.fhir.rest.api.SearchTotalModeEnum;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.gclient.ReferenceClientParam;
import ca.uhn.fhir.rest.gclient.TokenClientParam;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.exceptions.PreconditionFailedException;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.CarePlan;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Enumerations.AdministrativeGender;
import org.hl7.fhir.r4.model.Goal;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Meta;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

public class HapiClient {
  interface Step {
    void run() throws Exception;
  }

  static final FhirContext CONTEXT = FhirContext.forR4();
  static IGenericClient client;
  static int failed = 0;

  static void step(String what, Step step) {
    try {
      step.run();
      System.out.println("ok      " + what);
    } catch (Throwable error) {
      ++failed;
      System.out.println("FAILED  " + what + ": " + error);
      if (error instanceof BaseServerResponseException answer)
        System.out.println("        " + answer.getResponseBody());
    }
  }

  static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  static void refused(Class<? extends BaseServerResponseException> as, Step step) throws Exception {
    try {
      step.run();
    } catch (BaseServerResponseException error) {
      check(as.isInstance(error), "refused as " + error.getClass().getSimpleName());
      check(error.getOperationOutcome() instanceof OperationOutcome, "says why");
      return;
    }
    throw new AssertionError("was not refused");
  }

  static Patient patient(String value) {
    Patient patient = new Patient();
    patient.addIdentifier().setSystem("urn:test").setValue(value);
    patient.addName().setFamily("Ås").addGiven("Bjørn");
    return patient;
  }

  static Goal goal(IdType patient, String text) {
    Goal goal = new Goal();
    goal.setLifecycleStatus(Goal.GoalLifecycleStatus.ACTIVE);
    goal.setDescription(new org.hl7.fhir.r4.model.CodeableConcept().setText(text));
    goal.setSubject(new Reference(patient.toUnqualifiedVersionless()));
    return goal;
  }

  static void range(EncodingEnum encoding) {
    client.setEncoding(encoding);
    String in = " in " + encoding;
    String key = encoding.name();
    IdType[] id = new IdType[1];

    step("capability statement" + in, () -> {
      CapabilityStatement statement = client.capabilities().ofType(CapabilityStatement.class).execute();
      check(statement.getFhirVersion().toCode().equals("4.0.1"), "FHIR version");
    });
    step("create" + in, () -> {
      MethodOutcome made = client.create().resource(patient(key)).prefer(PreferReturnEnum.REPRESENTATION).execute();
      check(made.getCreated(), "created");
      id[0] = (IdType) made.getId();
      check("1".equals(id[0].getVersionIdPart()), "version");
      check(((Patient) made.getResource()).getNameFirstRep().getFamily().equals("Ås"), "name");
    });
    step("conditional create finds it" + in, () -> {
      MethodOutcome found = client.create().resource(patient(key)).conditional()
          .where(Patient.IDENTIFIER.exactly().systemAndIdentifier("urn:test", key)).execute();
      check(!Boolean.TRUE.equals(found.getCreated()), "not created");
      check(found.getId().getIdPart().equals(id[0].getIdPart()), "the same");
    });
    step("read, read again if changed" + in, () -> {
      Patient read = client.read().resource(Patient.class).withId(id[0].toUnqualifiedVersionless()).execute();
      check(read.getMeta().getVersionId().equals("1"), "version");
      Patient kept = client.read().resource(Patient.class).withId(id[0].toUnqualifiedVersionless())
          .ifVersionMatches("1").returnResource(read).execute();
      check(kept == read, "304");
    });
    step("update, update with an old version" + in, () -> {
      Patient changed = client.read().resource(Patient.class).withId(id[0].getIdPart()).execute();
      changed.setGender(AdministrativeGender.MALE);
      MethodOutcome updated = client.update().resource(changed).withId(id[0].getIdPart()).execute();
      check("2".equals(updated.getId().getVersionIdPart()), "version 2");
    });
    step("conditional update" + in, () -> {
      Patient other = patient(key);
      other.setActive(true);
      MethodOutcome updated = client.update().resource(other).conditional()
          .where(Patient.IDENTIFIER.exactly().systemAndIdentifier("urn:test", key)).execute();
      check("3".equals(updated.getId().getVersionIdPart()), "version 3");
    });
    step("JSON Patch, FHIRPath Patch" + in, () -> {
      MethodOutcome patched = client.patch()
          .withBody("[{\"op\":\"replace\",\"path\":\"/active\",\"value\":false}]")
          .withId(id[0].toUnqualifiedVersionless()).execute();
      check(patched.getId() == null || "4".equals(patched.getId().getVersionIdPart()), "version 4");
      Parameters patch = new Parameters();
      Parameters.ParametersParameterComponent operation = patch.addParameter().setName("operation");
      operation.addPart().setName("type").setValue(new CodeType("replace"));
      operation.addPart().setName("path").setValue(new StringType("Patient.active"));
      operation.addPart().setName("value").setValue(new org.hl7.fhir.r4.model.BooleanType(true));
      client.patch().withFhirPatch(patch).withId(id[0].toUnqualifiedVersionless()).execute();
      check(client.read().resource(Patient.class).withId(id[0].getIdPart()).execute().getActive(), "active");
    });
    step("vread and histories" + in, () -> {
      Patient first = client.read().resource(Patient.class).withIdAndVersion(id[0].getIdPart(), "1").execute();
      check(!first.hasGender(), "as it was");
      check(client.history().onInstance(id[0].toUnqualifiedVersionless()).returnBundle(Bundle.class).execute().getTotal() == 5, "5 versions");
      check(client.history().onType(Patient.class).returnBundle(Bundle.class).count(2).execute().getEntry().size() == 2, "two");
      Bundle none = client.history().onServer().returnBundle(Bundle.class).since(new Date(4102444800000L)).execute();
      check(none.getEntry().isEmpty(), "nothing in the future");
      Bundle at = client.history().onType(Patient.class).returnBundle(Bundle.class)
          .at(new ca.uhn.fhir.rest.param.DateRangeParam("2020-10-06T01:02:03Z", "2100-01-01")).execute();
      check(!at.getEntry().isEmpty(), "at some time since 2020");
    });
    step("search with pages, includes, totals" + in, () -> {
      for (int i = 0; i < 5; ++i) client.create().resource(goal(id[0], "g" + i)).execute();
      Bundle page = client.search().forResource(Goal.class)
          .where(new ReferenceClientParam("subject").hasId(id[0].toUnqualifiedVersionless()))
          .include(Goal.INCLUDE_SUBJECT).count(2).totalMode(SearchTotalModeEnum.ACCURATE)
          .sort().descending("_lastUpdated").returnBundle(Bundle.class).execute();
      check(page.getTotal() == 5, "total");
      Set<String> seen = new HashSet<>();
      for (int pages = 0; page != null && pages < 10; ++pages) {
        for (Bundle.BundleEntryComponent entry : page.getEntry())
          if (entry.getResource() instanceof Goal one) seen.add(one.getIdElement().getIdPart());
        page = page.getLink(Bundle.LINK_NEXT) == null ? null : client.loadPage().next(page).execute();
      }
      check(seen.size() == 5, "all pages");
      Bundle count = client.search().forResource(Goal.class)
          .where(new TokenClientParam("lifecycle-status").exactly().code("active"))
          .summaryMode(SummaryEnum.COUNT).returnBundle(Bundle.class).execute();
      check(count.getTotal() >= 5 && count.getEntry().isEmpty(), "count");
      Bundle thin = client.search().forResource(Patient.class).elementsSubset("identifier")
          .returnBundle(Bundle.class).cacheControl(new CacheControlDirective().setNoCache(true)).execute();
      check(!((Patient) thin.getEntryFirstRep().getResource()).hasName(), "thin");
      Bundle posted = client.search().forResource(Patient.class).usingStyle(ca.uhn.fhir.rest.api.SearchStyleEnum.POST)
          .where(Patient.FAMILY.matches().value("ås")).and(Patient.ACTIVE.exactly().code("true"))
          .returnBundle(Bundle.class).execute();
      check(posted.getEntry().size() >= 1, "by POST");
      Bundle got = client.search().forResource(Patient.class).usingStyle(ca.uhn.fhir.rest.api.SearchStyleEnum.GET_WITH_SEARCH)
          .where(Patient.ACTIVE.exactly().code("true")).returnBundle(Bundle.class).execute();
      check(got.getEntry().size() >= 1, "by GET with _search");
    });
    step("transaction" + in, () -> {
      Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
      Patient person = patient(key + "-t");
      bundle.addEntry().setFullUrl("urn:uuid:0a5b3f5e-0000-4000-8000-000000000001").setResource(person)
          .getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl("Patient");
      CarePlan plan = new CarePlan();
      plan.setStatus(CarePlan.CarePlanStatus.DRAFT).setIntent(CarePlan.CarePlanIntent.PLAN)
          .setSubject(new Reference("urn:uuid:0a5b3f5e-0000-4000-8000-000000000001"));
      bundle.addEntry().setResource(plan).getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl("CarePlan");
      Bundle answer = client.transaction().withBundle(bundle).execute();
      check(answer.getEntry().stream().allMatch(e -> e.getResponse().getStatus().startsWith("201")), "201");
      String made = answer.getEntry().get(1).getResponse().getLocation();
      CarePlan read = client.read().resource(CarePlan.class).withUrl(made.replaceAll("/_history.*", "")).execute();
      check(read.getSubject().getReference().startsWith("Patient/"), "reference replaced");
    });
    step("operations: $everything, $validate, $meta, $meta-add" + in, () -> {
      Parameters everything = client.operation().onInstance(id[0].toUnqualifiedVersionless())
          .named("$everything").withNoParameters(Parameters.class).execute();
      check(((Bundle) everything.getParameterFirstRep().getResource()).getEntry().size() >= 6, "everything");
      OperationOutcome outcome = (OperationOutcome) client.validate().resource(patient(key)).execute().getOperationOutcome();
      check(outcome.hasIssue(), "outcome");
      Meta tag = new Meta();
      tag.addTag().setSystem("urn:t").setCode("x");
      Meta after = client.meta().add().onResource(id[0].toUnqualifiedVersionless()).meta(tag).execute();
      check(after.getTag("urn:t", "x") != null, "tag");
      check(client.meta().get(Meta.class).fromType("Patient").execute().getTag("urn:t", "x") != null, "of the type");
      check(client.meta().get(Meta.class).fromServer().execute().getTag("urn:t", "x") != null, "of the server");
      Meta without = client.meta().delete().onResource(id[0].toUnqualifiedVersionless()).meta(tag).execute();
      check(without.getTag("urn:t", "x") == null, "no tag");
    });
    step("refusals are told apart" + in, () -> {
      refused(ResourceNotFoundException.class, () -> client.read().resource(Patient.class).withId("nobody").execute());
      refused(InvalidRequestException.class, () -> client.search().byUrl("Patient?nmae=x").returnBundle(Bundle.class).execute());
      Patient old = patient(key);
      old.setId(new IdType("Patient", id[0].getIdPart(), "1"));
      refused(PreconditionFailedException.class, () -> client.update().resource(old).withAdditionalHeader("If-Match", "W/\"1\"").execute());
    });
    step("delete" + in, () -> {
      IdType made = (IdType) client.create().resource(new Practitioner()).execute().getId();
      client.delete().resourceById(made.toUnqualifiedVersionless()).execute();
      refused(ResourceGoneException.class, () -> client.read().resource(Practitioner.class).withId(made.getIdPart()).execute());
    });
  }

  public static void main(String[] arguments) {
    CONTEXT.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.ONCE);
    client = CONTEXT.newRestfulGenericClient(arguments[0]);
    range(EncodingEnum.JSON);
    range(EncodingEnum.XML);
    System.out.println(failed == 0 ? "The HAPI FHIR client does its range." : failed + " steps failed");
    System.exit(failed == 0 ? 0 : 1);
  }
}

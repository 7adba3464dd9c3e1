// docs/import.md, done as it says: its files are written, its commands run, and what it shows of
// their output is there. Then what a newcomer misspells.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

namespace fs = std::filesystem;
using testing_support::CommandResult;
using testing_support::contentOf;
using testing_support::runCommand;
using testing_support::ScratchFolder;

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

class ImportPage : public testing::Test {
 protected:
  ImportPage() : scratch_("import_page") {
    const std::string page = contentOf(PLANBRO_SOURCE_DIR "/docs/import.md");
    const auto lines = linesOf(page.substr(page.find("## A new CSV source")));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!lines[i].starts_with("```")) continue;
      std::vector<std::string> block;
      const bool console = lines[i] == "```console";
      const std::string named = i >= 2 ? lines[i - 2] : "";
      for (++i; i < lines.size() && lines[i] != "```"; ++i) block.push_back(lines[i]);
      if (console) {
        consoles_.insert(consoles_.end(), block.begin(), block.end());
      } else if (named.starts_with('`') && named.ends_with('`')) {
        write(named.substr(1, named.size() - 2), block);
      }
    }
  }

  void write(const std::string& name, const std::vector<std::string>& lines) const {
    const fs::path path = scratch_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    for (const std::string& line : lines) file << line << '\n';
  }

  // A line of the page, "planbro …", in the folder where its files lie.
  CommandResult run(const std::string& command) const {
    return runCommand("cd '" + scratch_.path().string() + "' && '" +
                          fs::absolute(PLANBRO_PROGRAM).string() + "' --log off" +
                          command.substr(std::string_view("planbro").size()),
                      scratch_.path());
  }

  // The dry run with one text of one file put in place of another.
  std::string withTypo(const std::string& file, const std::string& right,
                       const std::string& wrong) const {
    const fs::path path = scratch_.path() / "vik/mappings" / file;
    const std::string before = contentOf(path);
    std::string text = before;
    const std::size_t at = text.find(right);
    EXPECT_NE(at, std::string::npos) << right;
    if (at != std::string::npos) text.replace(at, right.size(), wrong);
    std::ofstream(path, std::ios::binary) << text;
    const auto result =
        run("planbro import --source vik --load vik/mappings --data vik/typo --dry-run vik/export");
    std::ofstream(path, std::ios::binary) << before;
    return result.out + result.err;
  }

  const ScratchFolder scratch_;
  std::vector<std::string> consoles_;  // lines, commands with "$ " in front
};

TEST_F(ImportPage, DoneByTheLetterGivesWhatItSays) {
  CommandResult last;
  int commands = 0;
  for (const std::string& line : consoles_) {
    if (line.starts_with("$ ")) {
      last = run(line.substr(2));
      EXPECT_EQ(last.status, 0) << line << "\n" << last.out << last.err;
      ++commands;
    } else {
      EXPECT_TRUE((last.out + last.err).contains(line)) << line << "\n" << last.out << last.err;
    }
  }
  EXPECT_EQ(commands, 4);
}

TEST_F(ImportPage, WhatANewcomerMisspellsIsNamedWithWhatWasMeant) {
  struct Typo {
    const char *file, *right, *wrong, *said;
  };
  const Typo typos[] = {
      {"source.json", "\"parent\"", "\"parnet\"", "did you mean 'parent'?"},
      {"source.json", "\"required\"", "\"requierd\"", "did you mean 'required'?"},
      {"source.json", "\"source\": \"vik\"", "\"source\": \"vikk\"", "(did you mean vikk?)"},
      {"source.json", "StructureMap/Vik", "StructureMap/Vikk",
       "did you mean https://vik.example/fhir/StructureMap/Vik?"},
      {"source.json", "tiltak.csv", "tilltak.csv",
       "error PB-2010: The file tilltak.csv is missing"},
      {"source.json", "\"key\": \"Saksnr\"", "\"key\": \"Saksnrr\"",
       "has no column Saksnrr (Saksnr?)"},
      {"vik.map", "plan.title", "plan.titel", "IndividualPlan has no element titel"},
      {"vik.map", "row.Fornavn", "row.Fornvan",
       "saker.csv:1:4: information PB-3081: No rule of the map reads the column Fornavn; it reads "
       "Fornvan"},
      {"vik.map", "  t.Hvem as v", "  // t.Hvem as v",
       "tiltak.csv:1:4: information PB-3080: No rule of the map reads the column Hvem"},
      {"vik.map", "\"status\";", "\"status\"", "vik/mappings/vik.map:12:3: error PB-2101"},
      {"vik.map", "Owner(row, o)", "Ownr(row, o)", "the group Ownr is not known"},
      {"vik.map", "dateOp", "dateop", "'dateop' is no transform"},
      {"tilstand.json", "kladd", "klad", "saker.csv:3:5: error PB-2219"},
  };
  for (const Typo& typo : typos) {
    const std::string output = withTypo(typo.file, typo.right, typo.wrong);
    EXPECT_TRUE(output.contains(typo.said)) << typo.wrong << "\n" << output;
  }
}

}  // namespace
}  // namespace planbro

#include "cli/invocation.h"

namespace leat::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string bash_script() {
  std::string commands;
  std::string cases;
  for (const CommandHelp& help : command_list()) {
    commands += (commands.empty() ? "" : " ") + help.name;
    cases += "    " + help.name + ") words=\"" + joined(help.options) + "\"";
    if (!help.words_from.empty())
      cases += "; [[ $cur == -* ]] || words=\"$(" + help.words_from + " 2>/dev/null)\"";
    cases += " ;;\n";
  }
  return "_leat() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} words=\"\"\n"
         "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
         "    COMPREPLY=($(compgen -W \"" +
         commands +
         "\" -- \"$cur\"))\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o default -F _leat leat\n";
}

std::string fish_script() {
  std::string out = "complete -c leat -f\n";
  for (const CommandHelp& help : command_list()) {
    out += "complete -c leat -n __fish_use_subcommand -a " + help.name + " -d '" + help.doc + "'\n";
    const std::string seen = "complete -c leat -n '__fish_seen_subcommand_from " + help.name + "'";
    for (const std::string& option : help.options) {
      out += seen +
             (option.starts_with("--") ? " -l " + option.substr(2) : " -s " + option.substr(1)) +
             "\n";
    }
    out += help.words_from.empty() ? seen + " -F\n"
                                   : seen + " -a '(" + help.words_from + " 2>/dev/null)'\n";
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script();
  if (shell == "fish") return fish_script();
  return {};
}

}  // namespace leat::cli
